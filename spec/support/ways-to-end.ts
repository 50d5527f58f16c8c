import type { SpecServer, SpecUser } from './server';

declare const Parse: any;

const MASTER = { master: true } as const;

/** What the links in e-mails are collected in. */
export type Links = string[];

/** What a server needs for all the ways: options of Parse Server, and of the specs. */
export function forWaysToEnd(links: Links) {
  return [
    {
      appName: 'specs',
      publicServerURL: 'http://127.0.0.1/parse',
      emailAdapter: {
        sendMail: async () => {},
        sendPasswordResetEmail: async ({ link }: { link: string }) => void links.push(link),
      },
    },
    {
      graphql: true,
      cloud: () => {
        Parse.Cloud.define('destroyOwnSession', async ({ user }: any) => {
          const sessionToken = user.getSessionToken();
          const query = new Parse.Query('_Session').equalTo('sessionToken', sessionToken);
          await (await query.first({ sessionToken })).destroy({ sessionToken });
        });
      },
    },
  ] as const;
}

interface Way {
  title: string;
  /** Why the session ends. */
  reason: string;
  /** Who ends it. */
  by: 'self' | 'session' | 'master' | 'server';
  end(server: SpecServer, user: SpecUser, sessionId: string, links: Links): Promise<unknown>;
}

const graphql = (server: SpecServer, text: string, user: SpecUser) =>
  server.rest('POST', server.graphqlUrl, { token: user.token, body: { query: text } });

/** The ways in which the session of a user ends before its time. He has made it by a log-in from the installation `phone`. */
export const WAYS_TO_END: Way[] = [
  {
    title: 'a logout',
    reason: 'logout',
    by: 'self',
    end: (server, user) => server.rest('POST', '/logout', { token: user.token, body: {} }),
  },
  {
    title: 'a logout by GraphQL',
    reason: 'logout',
    by: 'self',
    end: (server, user) => graphql(server, 'mutation { logOut(input: {}) { ok } }', user),
  },
  {
    title: 'DELETE /sessions/:id',
    reason: 'revoked',
    by: 'self',
    end: (server, user, id) => server.rest('DELETE', `/sessions/${id}`, user),
  },
  {
    title: 'DELETE by another session',
    reason: 'revoked',
    by: 'session',
    end: async (server, user, id) =>
      server.rest('DELETE', `/sessions/${id}`, await server.login(user.username, user.password)),
  },
  {
    title: 'DELETE by the master key',
    reason: 'revoked',
    by: 'master',
    end: (server, _user, id) => server.rest('DELETE', `/sessions/${id}`, MASTER),
  },
  {
    title: 'DELETE in a batch',
    reason: 'revoked',
    by: 'self',
    end: (server, user, id) =>
      server.rest('POST', '/batch', {
        ...user,
        body: { requests: [{ method: 'DELETE', path: `/parse/sessions/${id}` }] },
      }),
  },
  {
    title: 'deleteSession of GraphQL',
    reason: 'revoked',
    by: 'self',
    end: (server, user, id) =>
      graphql(server, `mutation { deleteSession(input: { id: "${id}" }) { session { objectId } } }`, user),
  },
  {
    title: 'the SDK in cloud code',
    reason: 'revoked',
    by: 'self',
    end: (server, user) => server.run('destroyOwnSession', {}, user),
  },
  {
    title: 'revokeSession',
    reason: 'revoked',
    by: 'self',
    end: (server, user, id) => server.run('revokeSession', { objectId: id }, user),
  },
  {
    title: 'revokeSession by another session',
    reason: 'revoked',
    by: 'session',
    end: async (server, user, id) =>
      server.run('revokeSession', { objectId: id }, await server.login(user.username, user.password)),
  },
  {
    title: 'revokeSession by the master key',
    reason: 'revoked',
    by: 'master',
    end: (server, _user, id) => server.run('revokeSession', { objectId: id }, MASTER),
  },
  {
    title: 'revokeSessions',
    reason: 'revoked',
    by: 'self',
    end: (server, user) => server.run('revokeSessions', {}, user),
  },
  {
    title: 'revokeOtherSessions',
    reason: 'revoked',
    by: 'session',
    end: async (server, user) =>
      server.run('revokeOtherSessions', {}, await server.login(user.username, user.password)),
  },
  {
    title: 'revokeSessions by the master key',
    reason: 'revoked',
    by: 'master',
    end: (server, { userId }) => server.run('revokeSessions', { userId }, MASTER),
  },
  {
    title: 'store.revoke',
    reason: 'revoked',
    by: 'server',
    end: (server, _user, id) => server.sessions.store.revoke(id),
  },
  {
    title: 'store.revokeAllForUser',
    reason: 'revoked',
    by: 'server',
    end: (server, user) => server.sessions.store.revokeAllForUser(user.userId),
  },
  {
    title: 'invalidate',
    reason: 'invalidated',
    by: 'server',
    end: (server, _user, id) => server.sessions.invalidate(id),
  },
  {
    title: 'a login from the same installation',
    reason: 'sameInstallation',
    by: 'server',
    end: (server, user) => server.login(user.username, user.password, { 'X-Parse-Installation-Id': 'phone' }),
  },
  {
    title: 'a change of the password',
    reason: 'passwordChange',
    by: 'self',
    end: (server, user) =>
      server.rest('PUT', `/users/${user.userId}`, { ...user, body: { password: 'a new one' } }),
  },
  {
    title: 'a change of the password by another session',
    reason: 'passwordChange',
    by: 'session',
    end: async (server, user) => {
      const { token } = await server.login(user.username, user.password);
      return server.rest('PUT', `/users/${user.userId}`, { token, body: { password: 'a new one' } });
    },
  },
  {
    title: 'a change of the password by the master key',
    reason: 'passwordChange',
    by: 'master',
    end: (server, user) =>
      server.rest('PUT', `/users/${user.userId}`, { ...MASTER, body: { password: 'a new one' } }),
  },
  {
    title: 'a reset of the password',
    reason: 'passwordChange',
    by: 'server',
    async end(server, user, _id, links) {
      const email = `${user.username}@example.com`;
      await server.rest('PUT', `/users/${user.userId}`, { ...MASTER, body: { email } });
      await server.rest('POST', '/requestPasswordReset', { body: { email } });
      const token = new URL(links.at(-1)!).searchParams.get('token')!;
      const answer = await server.rest('POST', '/apps/specs/request_password_reset', {
        body: new URLSearchParams({ token, new_password: 'a new one' }).toString(),
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          'X-Requested-With': 'XMLHttpRequest',
        },
      });
      if (answer.status !== 200) throw new Error(`The password was not reset: ${answer.status}`);
    },
  },
  {
    title: 'the purge of sessions whose user is gone',
    reason: 'orphan',
    by: 'server',
    async end(server, user) {
      await server.rawDelete('_User', { objectId: user.userId });
      await server.sessions.store.purgeExpired({ orphans: true });
    },
  },
];
