import { startServer } from './server';

/** Starts a server that must not start, and answers why it did not. */
export async function failingStart(...how: Parameters<typeof startServer>): Promise<string> {
  // Parse Server prints the error as well.
  const print = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  try {
    const server = await startServer(...how);
    await server.stop();
  } catch (error) {
    return typeof error === 'string' ? error : (error as Error).message;
  } finally {
    print.mockRestore();
  }
  throw new Error('The server started.');
}
