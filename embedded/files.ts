/** Files as the embedded database keeps its data: they are gone when the process ends. */
export class InMemoryFiles {
  private readonly files = new Map<string, Buffer>();

  async createFile(name: string, data: Buffer): Promise<void> {
    this.files.set(name, data);
  }

  async deleteFile(name: string): Promise<void> {
    if (!this.files.delete(name)) throw new Error('FileNotFound');
  }

  async getFileData(name: string): Promise<Buffer> {
    const data = this.files.get(name);
    if (!data) throw new Error('FileNotFound');
    return data;
  }

  getFileLocation({ mount, applicationId }: { mount: string; applicationId: string }, name: string): string {
    return `${mount}/files/${applicationId}/${encodeURIComponent(name)}`;
  }
}
