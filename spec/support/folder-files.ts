import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync } from 'node:fs';
import { readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * A file adapter on a folder that several processes can share; Parse Server's own writes below the folder that the
 * specs run in. It can be told to fail or to wait, as a storage does.
 */
export class FolderFiles {
  /** Answers the error that a call fails with, by the file's name. */
  failure: ((name: string) => Error | undefined) | undefined;
  /** What creating a file, and deleting one, waits for. */
  beforeCreate: () => Promise<unknown> = async () => {};
  afterCreate: () => Promise<unknown> = async () => {};
  beforeDelete: () => Promise<unknown> = async () => {};

  constructor(readonly folder: string = newFolder()) {}

  async createFile(name: string, data: Buffer): Promise<void> {
    await this.beforeCreate();
    this.fail(name);
    await writeFile(path.join(this.folder, name), data);
    await this.afterCreate();
  }

  async deleteFile(name: string): Promise<void> {
    await this.beforeDelete();
    this.fail(name);
    await unlink(path.join(this.folder, name));
  }

  async getFileData(name: string): Promise<Buffer> {
    return readFile(path.join(this.folder, name));
  }

  getFileLocation(config: { mount: string; applicationId: string }, name: string): string {
    return `${config.mount}/files/${config.applicationId}/${encodeURIComponent(name)}`;
  }

  names(): string[] {
    return readdirSync(this.folder).sort();
  }

  private fail(name: string): void {
    const error = this.failure?.(name);
    if (error) throw error;
  }

  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

function newFolder(): string {
  return mkdtempSync(path.join(tmpdir(), `session-files-${randomBytes(2).toString('hex')}-`));
}
