import { randomBytes } from 'node:crypto';
import type { File as ParseFile } from 'parse/node';
import { notFoundError } from '../errors';
import { pagesById } from '../paging';
import type { Database, Logger, ParseSdk, Query, Row, ServerConfig } from '../parse-server';
import type { NeededClass } from '../schema/columns';
import { FILE_CLASS, hasOwnClass, type OwnClasses } from '../schema/own-class';
import { sessionIdOf, toDate, type SessionRef } from '../record';
import { contentsOf, savedNameOf, SessionFileSet, type AddFileOptions, type FileContents } from './file-set';

/** A row outlives its session, so that a crash leaves no file that nobody knows of. */
export const FILES: NeededClass = {
  className: FILE_CLASS,
  columns: {
    sessionId: 'String',
    fileId: 'String',
    fileName: 'String',
    /** The storage has the file. Until then it may turn up there after its row is gone. */
    stored: 'Boolean',
    /** The file is about to be deleted, and cannot be released any more. */
    doomed: 'Boolean',
  },
  indexed: ['sessionId'],
};

/** Longer than a storage takes to store a file. */
const STORING_MS = 60 * 60_000;

interface FileSurroundings {
  Parse: ParseSdk;
  config: ServerConfig;
  database: Database;
  ownClasses: OwnClasses;
}

/**
 * The temporary files of sessions (RapidContext's `Session#files`). They are deleted when the session ends,
 * however it ends.
 */
export class SessionFiles {
  /**
   * Whether any session of the app has had files, as far as this process knows. Most apps have none, and a logout
   * looks for none.
   */
  private inUse = false;

  constructor(private readonly surroundings: FileSurroundings) {}

  /** Called at start. */
  async open(): Promise<void> {
    await this.isInUse();
  }

  of(session: SessionRef): SessionFileSet {
    return new SessionFileSet(sessionIdOf(session), this);
  }

  /** Deletes the files of sessions that have just ended. @param sessions rows with `objectId` and `hasFiles`. */
  async sessionsEnded(sessions: Row[]): Promise<void> {
    // Another process may have added the first file of the app: then only the session tells.
    if (sessions.length === 0 || !(this.inUse || sessions.some(({ hasFiles }) => hasFiles))) return;
    await this.remove({ sessionId: { $in: sessions.map(session => String(session.objectId)) } });
  }

  /** Deletes files whose session is gone although nobody cleaned up: its process died, or the storage failed. */
  async sweep(batchSize: number): Promise<void> {
    if (!(await this.isInUse())) return;
    const { database, config } = this.surroundings;
    for await (const rows of pagesById(database, FILE_CLASS, () => ({}), { limit: batchSize })) {
      const ids = [...new Set(rows.map(row => String(row.sessionId)))];
      const alive = await database.find('_Session', { objectId: { $in: ids } }, { keys: ['objectId'] });
      const known = new Set(alive.map(row => row.objectId));
      const isOver = (row: Row) => row.doomed === true || !known.has(row.sessionId) || isAbandoned(row);
      const over = rows.filter(isOver);
      if (over.length === 0) continue;
      await this.remove({ objectId: { $in: over.map(row => row.objectId) } }).catch(error => {
        // A storage that fails must stop neither the purge nor the deletion of other files.
        reportLeftFiles(config.loggerController, error);
      });
    }
  }

  /** @internal The files that sessions have, without those that are just being stored or deleted. */
  async rows(query: Query): Promise<Row[]> {
    if (!(await this.isInUse())) return [];
    return this.surroundings.database.find(FILE_CLASS, { ...query, stored: true, doomed: null }, {});
  }

  /**
   * @internal Deletes files, each of them even if another one fails. A file goes before its row: a row without a file
   * is harmless, a file without a row would stay for ever.
   */
  async remove(query: Query): Promise<number> {
    if (!(await this.isInUse())) return 0;
    const { config, database } = this.surroundings;
    // From now on the app cannot release them.
    await database.update(FILE_CLASS, query, { doomed: true }, { many: true });
    const rows = await database.find(FILE_CLASS, { ...query, doomed: true }, {});
    const failures: unknown[] = [];
    for (const row of rows) {
      try {
        await this.deleteFile(String(row.fileName), config);
        // A file that is still being stored may turn up later: its row stays for the next purge.
        if (row.stored === true || isAbandoned(row)) await this.forget(row);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return rows.length;
  }

  /** @internal @returns false when it was gone already, or does not meet the condition. */
  async forget(row: Row, condition: Query = {}): Promise<boolean> {
    const query = { ...condition, objectId: row.objectId };
    return this.surroundings.database.destroy(FILE_CLASS, query, {}).then(
      () => true,
      error => {
        if (error.code === 101) return false;
        throw error;
      },
    );
  }

  /** @internal Notes the file before it is stored, so that a crash between the two leaves nothing behind. */
  async add(
    sessionId: string,
    fileId: string,
    source: ParseFile | FileContents,
    { copy }: AddFileOptions,
  ): Promise<ParseFile> {
    const { config, database } = this.surroundings;
    const saved = savedNameOf(source);
    const taken = copy ? undefined : saved;
    const contents = taken === undefined ? await this.contentsOf(source, saved) : undefined;
    await this.noteFiles(sessionId);
    const now = new Date().toISOString();
    const row: Row = {
      objectId: randomBytes(8).toString('hex'),
      sessionId,
      fileId,
      fileName: taken ?? `${randomBytes(16).toString('hex')}_${safeName(contents?.name ?? 'file')}`,
      stored: taken !== undefined,
      createdAt: now,
      updatedAt: now,
    };
    await database.create(FILE_CLASS, { ...row }, {});
    try {
      if (contents) {
        await config.filesController.adapter.createFile(String(row.fileName), contents.data, contents.type);
        await database.update(FILE_CLASS, { objectId: row.objectId }, { stored: true }, { many: true });
      }
      // The session may have ended meanwhile, and its files with it.
      await this.requireSession(sessionId);
    } catch (error) {
      // What cannot be undone now is left to the purge.
      await this.deleteFile(String(row.fileName), config).then(
        () => this.forget(row),
        () => undefined,
      );
      throw error;
    }
    await this.removeReplaced(sessionId, fileId);
    return this.toFile(row);
  }

  /** The contents of a source. The address of a `Parse.File` may be a client's, so it is not asked. */
  private async contentsOf(
    source: ParseFile | FileContents,
    saved: string | undefined,
  ): Promise<FileContents> {
    if (saved === undefined) return contentsOf(source);
    const data = await this.surroundings.config.filesController.adapter.getFileData(saved);
    // Parse Server puts an id and a folder in front of a name (`FilesController.js#createFile` of 9.10.0).
    return { name: (saved.split('/').at(-1) ?? '').replace(/^[0-9a-f]{32}_/, ''), data };
  }

  /** @internal */
  async toFile({ fileName }: Row): Promise<ParseFile> {
    const { Parse, config } = this.surroundings;
    // `mount` is where the file's URL begins. A request's configuration has one, but this one belongs to no
    // request.
    const { publicServerURL, serverURL } = config;
    const mount = typeof publicServerURL === 'string' ? publicServerURL : serverURL;
    const located = { ...config, mount };
    const url = await config.filesController.adapter.getFileLocation(located, String(fileName));
    return Parse.File.fromJSON({ __type: 'File', name: fileName, url } as never);
  }

  async isInUse(): Promise<boolean> {
    this.inUse ||= await hasOwnClass(this.surroundings.database, FILE_CLASS);
    return this.inUse;
  }

  private async deleteFile(name: string, { filesController }: ServerConfig): Promise<void> {
    try {
      await filesController.adapter.deleteFile(name);
    } catch (error) {
      const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
      // The file may be gone already. Where the storage fails, the next purge tries again.
      if (!/not ?found|ENOENT|NoSuchKey/i.test(`${code} ${message}`)) throw error;
    }
  }

  /** Deletes all files with this id but the last. Every process takes the same one for the last. */
  private async removeReplaced(sessionId: string, fileId: string): Promise<void> {
    const rows = await this.rows({ sessionId, fileId });
    const key = (row: Row) => `${toDate(row.createdAt)?.toISOString()} ${row.objectId}`;
    const replaced = rows.sort((a, b) => (key(a) < key(b) ? -1 : 1)).slice(0, -1);
    if (replaced.length > 0) await this.remove({ objectId: { $in: replaced.map(row => row.objectId) } });
  }

  /**
   * Marks a session as one with files, for whichever process ends it. @throws 101 when there is no such session.
   */
  private async noteFiles(objectId: string): Promise<void> {
    const { database, ownClasses } = this.surroundings;
    if (!this.inUse) await ownClasses.ensure(FILES);
    this.inUse = true;
    const { hasFiles } = await this.requireSession(objectId);
    if (hasFiles === true) return;
    await database.update('_Session', { objectId }, { hasFiles: true }, { many: true });
  }

  private async requireSession(objectId: string): Promise<Row> {
    const { database } = this.surroundings;
    const [session] = await database.find('_Session', { objectId }, { keys: ['objectId', 'hasFiles'] });
    if (!session) throw notFoundError();
    return session;
  }
}

/** Whether nobody stores this file any more: the process that began has died, or could not undo it. */
const isAbandoned = ({ stored, createdAt }: Row) =>
  stored !== true && Date.now() - (toDate(createdAt)?.getTime() ?? 0) > STORING_MS;

/** What every file adapter takes as a name. */
const safeName = (name: string) => name.replace(/[^a-zA-Z0-9._-]/g, '_').slice(-64);

export function reportLeftFiles(log: Logger, error: unknown): void {
  log.error(`parse-server-sessions: files of ended sessions remain: ${(error as Error)?.message}`);
}
