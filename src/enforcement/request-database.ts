import { enforce, invalidSessionError } from '../errors';
import type { Database, Query, ServerConfig } from '../parse-server';
import type { BlockedOperation } from '../events/events';
import {
  asksForCredentials,
  changesPassword,
  hasCredentials,
  hideCredentials,
  mayAskForCredentials,
} from '../policy/credentials';
import type { Decision } from '../policy/decision';
import { isScopedToken, mayAccess, relationsIn } from '../policy/scopes';
import { isStale, mayWrite, type Write, type WriteRules } from '../policy/writes';
import type { RequestContext } from '../request/caller';
import type { SessionRecord } from '../session';
import { bound, isByClient } from './database';
import { keepSecrets } from './secret-database';
import { applySessionRules, type SessionRules } from './session-database';

export interface Enforcement extends SessionRules {
  writeRules: WriteRules;
}

const guarded = new WeakSet<Database>();

/**
 * Puts the rules on a request that came in past the middleware (Parse Server's password reset page): it acts as
 * master, and the sessions that it ends must end at once, too.
 */
export function guardUnseen(config: ServerConfig, enforcement: Enforcement): void {
  if (guarded.has(config.database)) return;
  const caller = { kind: 'master', readOnly: false } as const;
  guardDatabase(config.database, { caller, config, onCreated: () => undefined }, enforcement);
}

/**
 * Puts the guard and the `_Session` rules on one request's own database controller. Every way in (REST, batch,
 * GraphQL, the SDK inside the server) reads and writes through it, and a controller is made per request, so its own
 * properties see everything of this request and nothing of another.
 */
export function guardDatabase(database: Database, context: RequestContext, enforcement: Enforcement): void {
  guarded.add(database);
  keepSecrets(database);
  applySessionRules(database, context, enforcement);
  // After the rules of the class, so that it wraps them: the guard speaks first.
  const { caller } = context;
  if (caller.kind === 'session') applyGuard(database, caller.token, context, enforcement);
  else if (caller.kind === 'anonymous') requireLogin(database, enforcement.writeRules);
}

type Authorize = (
  access: Omit<Write, 'byClient'> | { className: string; operation: 'read'; query?: Query },
  byClient: boolean,
) => Promise<void>;

function applyGuard(
  database: Database,
  token: string,
  context: RequestContext,
  { writeRules, callers, events, now }: Enforcement,
): void {
  const isScoped = isScopedToken(token);
  let session: SessionRecord | null | undefined;
  // Once per request: a request that ends its own session, such as a change of password, goes on to make a new one.
  const callerSession = async () => (session ??= context.session ?? (await callers.live(token)));
  const lookAgain = async () => {
    callers.forget(token);
    return (session = await callers.live(token));
  };

  const judge = async (
    judgement: (caller: SessionRecord) => Decision,
    operation: BlockedOperation,
    target: string,
  ) => {
    let found = await callerSession();
    if (!found) return;
    let decision = judgement(found);
    if (isStale(decision) && !context.session) {
      // The password may have been confirmed in another process meanwhile.
      found = (await lookAgain()) ?? found;
      decision = judgement(found);
    }
    if (decision.allow) return;
    events.blocked(found, operation, target);
    enforce(decision);
  };

  hideCredentialsFromRestricted(database, callerSession);

  intercept(database, async (access, byClient) => {
    const { className, operation } = access;
    if (operation === 'read') {
      if (!isScoped) return;
      for (const asked of [className, ...relationsIn(access.query ?? {})]) {
        const read = { className: asked, operation, byClient };
        await judge(({ scopes }) => mayAccess(scopes ?? [], read), operation, asked);
      }
      return;
    }
    // It ends all sessions, and makes one: not by a session that has been revoked in another process.
    if (className === '_User' && changesPassword(access.data) && !context.session) await lookAgain();
    if (isScoped || writeRules.isGuarded(className) || writeRules.needsFresh(className)) {
      await judge(
        caller => mayWrite(caller, { ...access, byClient }, writeRules, now()),
        operation,
        className,
      );
    }
  });
}

/** Keeps from a restricted session what would log it in as an unrestricted one. */
function hideCredentialsFromRestricted(
  database: Database,
  callerSession: () => Promise<SessionRecord | null>,
): void {
  const { find } = bound(database);
  database.find = async (className, query, options, auth, schema) => {
    if (className !== '_User') return find(className, query, options, auth, schema);
    const asks = asksForCredentials(query, options);
    if (asks && isByClient(options)) {
      const session = await callerSession();
      if (session) enforce(mayAskForCredentials(session));
    }
    const rows = await find(className, query, options, auth, schema);
    // Parse Server looks for them itself to log somebody in. And no other request has to know who is asking.
    if (asks || !Array.isArray(rows) || !rows.some(hasCredentials)) return rows;
    if ((await callerSession())?.restricted) rows.forEach(hideCredentials);
    return rows;
  };
}

/** Without a session there is no login that could be recent; accounts and sessions are made without one, though. */
function requireLogin(database: Database, { needsFresh }: WriteRules): void {
  intercept(database, async ({ className, operation }, byClient) => {
    if (operation === 'read' || !byClient || ['_User', '_Session'].includes(className)) return;
    if (needsFresh(className)) throw invalidSessionError();
  });
}

/** Has every read and write of a request authorized before it is made. */
function intercept(database: Database, authorize: Authorize): void {
  const { find, create, update, destroy, validateObject } = bound(database);

  // Judged here too: before `beforeSave` triggers run, and before a class or column is made for the write.
  database.validateObject = async (className, data, query, options, maintenance) => {
    await authorize({ className, operation: query ? 'update' : 'create', query, data }, isByClient(options));
    return validateObject(className, data, query, options, maintenance);
  };
  database.find = async (className, query, options, auth, schema) => {
    const operation = options?.op;
    // Before it updates or deletes, Parse Server may read the object for the client, and would answer 101.
    const isForWrite = (operation === 'update' || operation === 'delete') && isByClient(options);
    await authorize(
      isForWrite ? { className, operation, query } : { className, operation: 'read', query },
      isByClient(options),
    );
    return find(className, query, options, auth, schema);
  };
  database.create = async (className, data, options, validateOnly, schema) => {
    await authorize({ className, operation: 'create', data }, isByClient(options));
    return create(className, data, options, validateOnly, schema);
  };
  database.update = async (className, query, data, options, ...more) => {
    await authorize({ className, operation: 'update', query, data }, isByClient(options));
    return update(className, query, data, options, ...more);
  };
  database.destroy = async (className, query, options, schema) => {
    await authorize({ className, operation: 'delete', query }, isByClient(options));
    return destroy(className, query, options, schema);
  };
}
