import { startSecondProcess, type SecondProcess } from '../support/second-process';
import { startServer, type SpecServer } from '../support/server';
import { pointerTo } from '../support/sessions';

const pairing = { verificationUri: 'https://example.com/pair', scopes: ['Telemetry:create'] };

let server: SpecServer;
let second: SecondProcess;

beforeAll(async () => {
  server = await startServer({ pairing });
  await server.makeClass('Telemetry');
  second = await startSecondProcess({
    sessions: { pairing },
    parseServer: { databaseURI: server.databaseURI },
  });
});

beforeEach(() =>
  server.rawDelete('ParseSessionAttempt', { objectId: { $exists: true } }).catch(() => undefined),
);

afterAll(async () => {
  await second?.stop();
  await server?.stop();
});

/** Calls a function on one of the processes; answers its result, or the error. */
async function call(process: number, name: string, params: object, token?: string): Promise<any> {
  const path = `/functions/${name}`;
  const { body } =
    process === 0
      ? await server.rest('POST', path, { token, body: params })
      : await second.run(
          ({ server }, [path, token, params]) => server.rest('POST', path, { token, body: params }),
          [path, token, params] as const,
        );
  return body.result ?? body;
}

describe('over two processes', () => {
  it('a device starts on one, its user allows it on another, and it collects', async () => {
    const user = await server.signUp();
    const { deviceCode, userCode } = await call(1, 'startPairing', { name: 'Thermometer' });
    expect(await call(0, 'pairingRequest', { userCode }, user.token)).toMatchObject({ name: 'Thermometer' });
    expect(await call(0, 'approvePairing', { userCode }, user.token)).toEqual({ approved: true });
    expect(await call(1, 'completePairing', { deviceCode })).toMatchObject({ status: 'approved' });
  });

  it('of two users who allow the same device one does', async () => {
    for (let round = 0; round < 5; round += 1) {
      const users = [await server.signUp(), await server.signUp()];
      const { deviceCode, userCode } = await call(round % 2, 'startPairing', {});
      const answers = await Promise.all(
        users.map((user, i) => call(i, 'approvePairing', { userCode }, user.token)),
      );
      expect(answers.map(({ approved, code }) => approved ?? code).sort()).toEqual([101, true]);
      const [winner] = users.filter((_, i) => answers[i].approved);
      const { objectId } = await call(0, 'completePairing', { deviceCode });
      const [session] = await server.rawFind('_Session', { objectId });
      expect(session.user).toEqual(pointerTo(winner!.userId));
    }
  });

  it('of two that allow and deny it one counts', async () => {
    const user = await server.signUp();
    const { deviceCode, userCode } = await call(0, 'startPairing', {});
    const answers = await Promise.all([
      call(0, 'approvePairing', { userCode }, user.token),
      call(1, 'denyPairing', { userCode }, user.token),
    ]);
    expect(answers.filter(({ code }) => code === 101)).toHaveLength(1);
    const { status } = await call(0, 'completePairing', { deviceCode });
    expect(status).toBe(answers[0].approved ? 'approved' : 'denied');
  });

  it('of many questions at the same time one gets the session', async () => {
    for (let round = 0; round < 5; round += 1) {
      const user = await server.signUp();
      const { deviceCode, userCode } = await call(0, 'startPairing', {});
      await call(0, 'approvePairing', { userCode }, user.token);
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, i) => call(i % 2, 'completePairing', { deviceCode })),
      );
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toEqual(['approved', ...Array(5).fill('slowDown')]);
      const made = await server.rawFind('_Session', { user: pointerTo(user.userId), restricted: true });
      expect(made).toHaveLength(1);
    }
  });
});
