import type { File as ParseFile } from 'parse/node';
import type { Query, Row } from '../parse-server';

/** A file by its contents. */
export interface FileContents {
  /** The file's own name, such as `report.pdf`. */
  name: string;
  data: Uint8Array | string;
  /** MIME type. */
  type?: string;
}

export interface AddFileOptions {
  /** Whether a saved `Parse.File` stays as it is, and the session gets a copy of it. @default false */
  copy?: boolean;
}

/** Where the files of all sessions are noted and stored. */
interface FileStore {
  add(
    sessionId: string,
    fileId: string,
    source: ParseFile | FileContents,
    options: AddFileOptions,
  ): Promise<ParseFile>;
  rows(query: Query): Promise<Row[]>;
  toFile(row: Row): Promise<ParseFile>;
  remove(query: Query): Promise<number>;
  forget(row: Row, condition?: Query): Promise<boolean>;
}

/** The files of one session, by an id of the app's choice. Anything else as an id is a TypeError. */
export class SessionFileSet {
  constructor(
    private readonly sessionId: string,
    private readonly files: FileStore,
  ) {}

  /**
   * Adds a file, and deletes the one that had this id.
   *
   * A saved `Parse.File` is taken over: it is deleted with the session, whoever saved it and whatever else points to
   * it. Never hand on a file that a client has named, such as a parameter of a cloud function: he may name any file of
   * the app. With `copy: true` the session gets a copy, and the original stays. It is read from the storage, whatever
   * address the `Parse.File` holds; whether the client may read it is for you to judge. Anything else is stored.
   * @throws 101 when there is no such session, TypeError for a wrong id, source or option, and whatever the storage
   * throws, also when it has no such file.
   */
  async add(id: string, source: ParseFile | FileContents, options: AddFileOptions = {}): Promise<ParseFile> {
    requireOptions(options);
    return this.files.add(this.sessionId, fileIdOf(id), source, options);
  }

  /** The file with this id; `null` when there is none. */
  async get(id: string): Promise<ParseFile | null> {
    const [row] = await this.files.rows({ sessionId: this.sessionId, fileId: fileIdOf(id) });
    return row ? this.files.toFile(row) : null;
  }

  /** Every file of the session, by id. */
  async list(): Promise<Record<string, ParseFile>> {
    const rows = await this.files.rows({ sessionId: this.sessionId });
    const entries = rows.map(async row => [String(row.fileId), await this.files.toFile(row)]);
    return Object.fromEntries(await Promise.all(entries));
  }

  /** Deletes a file. @returns false when there was none. */
  async remove(id: string): Promise<boolean> {
    return (await this.files.remove({ sessionId: this.sessionId, fileId: fileIdOf(id) })) > 0;
  }

  /** Deletes every file of the session. @returns how many there were. */
  async removeAll(): Promise<number> {
    return this.files.remove({ sessionId: this.sessionId });
  }

  /**
   * Hands a file over to the app: it is not deleted with the session any more. @returns null when there was none.
   */
  async release(id: string): Promise<ParseFile | null> {
    const [row] = await this.files.rows({ sessionId: this.sessionId, fileId: fileIdOf(id) });
    return row && (await this.files.forget(row, { doomed: null })) ? this.files.toFile(row) : null;
  }
}

function fileIdOf(id: unknown): string {
  if (typeof id !== 'string' || id === '') throw new TypeError('files() takes the id of a file, a text.');
  return id;
}

function isParseFile(source: ParseFile | FileContents): source is ParseFile {
  return typeof (source as ParseFile)?.url === 'function';
}

/** The name of a file that is saved; `undefined` for one that is not. @throws TypeError for a name that no storage gives. */
export function savedNameOf(source: ParseFile | FileContents): string | undefined {
  if (!isParseFile(source) || !source.url()) return undefined;
  const name = source.name();
  // A client may have named it. With such a name an adapter could reach past its storage.
  if (/^\/|\0/.test(name) || name.split(/[\\/]/).includes('..'))
    throw new TypeError('files().add() takes a Parse.File by the name under which it was saved.');
  return name;
}

function requireOptions(options: AddFileOptions): void {
  const isObject = options !== null && typeof options === 'object' && !Array.isArray(options);
  const { copy = false, ...more } = isObject ? options : { copy: null };
  if (typeof copy !== 'boolean' || Object.keys(more).length > 0)
    throw new TypeError('files().add() takes the options { copy: boolean }.');
}

/** @throws TypeError when it is neither. */
export async function contentsOf(source: ParseFile | FileContents): Promise<FileContents & { data: Buffer }> {
  if (isParseFile(source)) {
    return { name: source.name(), data: Buffer.from(await source.getData(), 'base64') };
  }
  const { name, data, type } = source ?? {};
  if (typeof name !== 'string' || !(typeof data === 'string' || data instanceof Uint8Array)) {
    throw new TypeError('files().add() takes a Parse.File or { name, data, type }.');
  }
  return { name, data: Buffer.from(data as Uint8Array), type };
}
