import { Server } from '../../../src/cli/server';

// No pause between two looks.
jest.mock('node:timers/promises', () => ({ setTimeout: async () => undefined }));

const target = { serverUrl: 'http://127.0.0.1:1/parse', appId: 'a', masterKey: 'k', functionPrefix: '' };

describe('a job that the command waits for', () => {
  afterEach(() => jest.restoreAllMocks());

  it('is given up once it has told nothing new for long: its process has died, most often', async () => {
    let looks = 0;
    jest.spyOn(globalThis, 'fetch').mockImplementation(async (_url, init) => {
      if (init?.method === 'POST') {
        return new Response('{}', { headers: { 'X-Parse-Job-Status-Id': 'j' } });
      }
      looks += 1;
      return Response.json({ status: 'running', message: `deleted ${Math.min(looks, 500)} of 9000` });
    });
    const told: string[] = [];
    const run = new Server(target).runJob('purgeExpiredSessions', {}, message => told.push(message));
    await expect(run).rejects.toThrow('has told nothing new for ten minutes');
    expect(told).toHaveLength(500);
    // Twice a second, the one with the last news included.
    expect(looks).toBe(499 + 20 * 60);
  });
});
