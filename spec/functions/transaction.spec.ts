import { startServer, type SpecServer, type SpecUser } from '../support/server';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

// They work on another connection, and would wait there for what the transaction has locked.
// The MongoDB of the specs has no transactions.
(SPEC_DATABASE === 'postgresql' ? describe : describe.skip)('in a transaction the cloud functions', () => {
  let server: SpecServer;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startServer();
    user = await server.signUp();
  });

  afterAll(() => server.stop());

  it.each(['listSessions', 'revokeOtherSessions', 'createRestrictedSession'])(
    'are refused, and nothing of it is done: %s',
    async name => {
      const requests = [
        { method: 'POST', path: '/parse/classes/Note', body: {} },
        { method: 'POST', path: `/parse/functions/${name}`, body: {} },
      ];
      await server.rest('POST', '/classes/Note', { ...user, body: {} });
      const before = await server.rawFind('Note');
      const batch = (transaction: boolean) =>
        server.rest('POST', '/batch', { ...user, body: { requests, transaction } });
      expect((await batch(true)).status).toBeGreaterThanOrEqual(400);
      expect(await server.rawFind('Note')).toHaveLength(before.length);
      const { body } = await batch(false);
      expect(body[1].success.result).toBeDefined();
      expect(await server.rawFind('Note')).toHaveLength(before.length + 1);
    },
  );
});
