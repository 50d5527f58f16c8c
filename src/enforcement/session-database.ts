import { enforce, ErrorCode, invalidSessionError, parseError } from '../errors';
import { sessionCreated } from '../events/created';
import type { RevokeReason, SessionEmitter } from '../events/events';
import { chosenEnd } from '../expiry/policy';
import { ENDING_KEYS, type Destroy, type Endings } from '../lifecycle/endings';
import { transactionOf } from '../lifecycle/transaction';
import type { LimitKeeper } from '../limits/limits';
import type { Database, DatabaseOptions, Query, Row } from '../parse-server';
import { rootOf } from '../policy/keys';
import {
  hideForeignToken,
  isCreatedByClient,
  isMadeFromAnother,
  mayChangeForEver,
  mayCreateWithKeys,
  mayFilter,
  maySort,
  mayUpdateKeys,
} from '../policy/session-class';
import type { RequestContext } from '../request/caller';
import { toDate, toParseDate, toSessionRecord, userPointer, type SessionRecord } from '../session';
import { isLegacyToken, type CallerSessions } from '../store/caller-sessions';
import { bound, isByClient } from './database';
import { stamp } from './new-session';

export interface SessionRules {
  callers: CallerSessions;
  database: Database;
  endings: Endings;
  limits: LimitKeeper;
  events: SessionEmitter;
  now(): Date;
  /** When a session made now ends; `undefined` leaves the end to Parse Server. */
  expiryOfNew(session: Pick<SessionRecord, 'restricted' | 'createdWith'>, now: Date): Date | undefined;
}

const MAX_ROUNDS = 10;

/** Columns by which a session is judged; only the server and the master key write them. */
const JUDGED: ReadonlySet<string> = new Set([
  'user',
  'restricted',
  'scopes',
  'expiresAt',
  'fixedExpiry',
  'expiresBy',
  'invalidatedAt',
  'authenticatedAt',
]);

/** The rules of the `_Session` class, on one request's own database controller. */
export function applySessionRules(database: Database, context: RequestContext, rules: SessionRules): void {
  const { find, create, update, destroy, validateObject } = bound(database);
  const { caller } = context;
  const transaction = transactionOf(context.config);
  const isReadOnly = caller.kind === 'master' && caller.readOnly;
  /** Tokens that this client may see and ask for: his own, and those that this very request made. */
  const ownTokens = new Set(caller.kind === 'session' ? [caller.token] : []);

  /** The caller's session: whoever logs out everywhere means those, too, that are made from it while he does. */
  const ownRow = caller.kind === 'session' &&
    !isLegacyToken(caller.token) && {
      exists: async (rows: Pick<Database, 'find'>) =>
        (await rows.find('_Session', { sessionToken: caller.token }, { count: true })) > 0,
    };

  database.validateObject = async (className, data, query, options, maintenance) => {
    if (className === '_Session') await checkKeys(data, query, options);
    return validateObject(className, data, query, options, maintenance);
  };

  async function checkKeys(data: Row, query: Query | null | undefined, options: DatabaseOptions) {
    if (query) {
      if (isByClient(options)) enforce(mayUpdateKeys(data));
    } else if (caller.kind !== 'master' && isCreatedByClient(data.createdWith)) {
      enforce(mayCreateWithKeys(data));
      // Parse Server checks this permission only after it has inserted the row, as master.
      const aclGroup = await context.aclGroup?.();
      if (aclGroup) await (await database.loadSchema()).validatePermission('_Session', aclGroup, 'create');
    }
  }

  database.create = async (className, object, options, validateOnly, schema) => {
    if (className !== '_Session') return create(className, object, options, validateOnly, schema);
    const session = stamp(object, context, rules);
    if (caller.kind === 'session') await inheritEnd(session, caller.token);
    const record = toSessionRecord(session);
    await rules.limits.beforeCreate(record, { find, destroy }, transaction);
    const created = await create(className, session, options, validateOnly, schema);
    await rules.limits.afterCreate(record, { find, destroy });
    const maker = isMadeFromAnother(session.createdWith) && ownRow;
    if (maker && !(await maker.exists({ find }))) {
      await destroy('_Session', { objectId: record.objectId }, {});
      throw invalidSessionError();
    }
    ownTokens.add(record.sessionToken);
    if (caller.kind === 'session' && isCreatedByClient(session.createdWith)) context.onCreated(session);
    if (!transaction) sessionCreated(record, rules);
    else {
      transaction.afterCommit(async () => {
        // Before the commit a revocation cannot see the new one.
        if (!maker || (await maker.exists(rules.database))) return sessionCreated(record, rules);
        await rules.database.destroy('_Session', { objectId: record.objectId }, {});
      });
    }
    return created;
  };

  /** A revocable session that is upgraded once more gets no longer life by it, nor another kind. */
  async function inheritEnd(session: Row, token: string): Promise<void> {
    const createdWith = session.createdWith as { action?: string } | undefined;
    if (createdWith?.action !== 'upgrade' || isLegacyToken(token)) return;
    const upgraded = context.session ?? (await rules.callers.live(token));
    if (!upgraded) throw invalidSessionError();
    const { expiresAt, createdWith: former } = upgraded;
    if (former?.authProvider) session.createdWith = { ...createdWith, authProvider: former.authProvider };
    if (!rules.expiryOfNew(upgraded, rules.now()) && !chosenEnd(upgraded)) return;
    const end = chosenEnd(upgraded) ?? expiresAt;
    if (end) Object.assign(session, { expiresAt: toParseDate(end), fixedExpiry: toParseDate(end) });
  }

  database.update = async (className, query, data, options, ...more) => {
    if (className !== '_Session') return update(className, query, data, options, ...more);
    if (isByClient(options)) enforce(mayUpdateKeys(data));
    const keys = Object.keys(data).map(rootOf);
    const sessions = keys.some(key => JUDGED.has(key)) ? await find('_Session', query, {}) : [];
    const isRenewal = caller.kind === 'session' && !isByClient(options) && keys.includes('expiresAt');
    // `extendSessionOnUse` knows nothing of ends that were chosen.
    const condition = isRenewal
      ? { fixedExpiry: null, expiresBy: null, invalidatedAt: null }
      : setOnce(sessions.map(toSessionRecord), data, keys);
    const narrow = condition ? { $and: [query, condition] } : query;
    const chooses = !isRenewal && keys.includes('expiresAt');
    const change = chooses ? chosenAnew(data, sessions.map(toSessionRecord)) : data;
    const updated = await update(className, narrow, change, options, ...more);
    // What the guard remembers of these sessions is over.
    for (const { sessionToken } of sessions) rules.callers.forget(String(sessionToken));
    return updated;
  };

  /** What not even the master key changes: the user, once there is one, and the end of an invalidated session. */
  function setOnce(sessions: SessionRecord[], data: Row, keys: string[]): Query | undefined {
    for (const session of sessions) enforce(mayChangeForEver(session, data));
    // Two requests may bind an unbound session at the same time.
    const binds = keys.includes('user') && sessions.some(({ userId }) => userId === null);
    return binds ? { user: null } : undefined;
  }

  database.find = async (className, query, options, auth, schema) => {
    if (className !== '_Session') return find(className, query, options, auth, schema);
    if (!isByClient(options)) {
      if (isReadOnly) requireBlind(query, options, new Set());
      const rows = await find(className, query, options, auth, schema);
      // With a token the read-only master key could write.
      if (isReadOnly && Array.isArray(rows)) {
        for (const row of rows) hideForeignToken(row, ownTokens);
      }
      return rows;
    }
    if (caller.kind !== 'session') throw invalidSessionError();
    requireBlind(query, options, ownTokens);
    const session = context.session ?? (await rules.callers.live(caller.token));
    context.touch?.();
    const visible: Query[] = [];
    if (session?.userId) visible.push({ user: userPointer(session.userId) });
    if (session?.restricted) visible.push({ restricted: true });
    const results = await find(className, narrowed(query, visible), options, auth, schema);
    if (Array.isArray(results)) for (const row of results) hideForeignToken(row, ownTokens);
    return results;
  };

  // Parse Server leaves deleted tokens in its cache after a password change and a login from the same installation,
  // and cannot find the token to clear once clients do not see it.
  database.destroy = async (className, query, options, schema) => {
    if (className !== '_Session') return destroy(className, query, options, schema);
    const narrowed: Destroy = condition => destroy(className, { $and: [query, condition] }, options, schema);
    let result: unknown;
    // Until none is left: one of a user's sessions may have been making another one meanwhile.
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds += 1) {
      const rows = await find('_Session', query, { keys: ENDING_KEYS }, undefined, schema);
      if (rounds > 0 && rows.length === 0) break;
      const reason = reasonOf(query, options, context, rows);
      const answer = await rules.endings.end(rows, reason, narrowed, transaction);
      result = rounds === 0 ? answer : result;
      if (transaction || !('user' in query)) break;
    }
    return result;
  };
}

/** The master key chooses another end than the one that was chosen before: a fixed one stays fixed. */
function chosenAnew(data: Row, sessions: SessionRecord[]): Row {
  if (!sessions.some(chosenEnd)) return data;
  const isFixed = sessions.some(({ fixedExpiry }) => fixedExpiry) && toDate(data.expiresAt) !== null;
  const none = { __op: 'Delete' };
  return { ...data, expiresBy: none, fixedExpiry: isFixed ? data.expiresAt : none };
}

/** Refuses what could tell tokens apart without showing them. */
function requireBlind(
  query: Query,
  options: DatabaseOptions | undefined,
  ownTokens: ReadonlySet<string>,
): void {
  if (options?.explain || options?.distinct || options?.pipeline) {
    throw parseError(ErrorCode.INVALID_QUERY, 'Sessions cannot be explained or aggregated by this caller.');
  }
  enforce(mayFilter(query, ownTokens));
  enforce(maySort(options?.sort));
}

/** The conditions beside the client's own, not around them: Parse Server may limit how deep a query is. */
function narrowed(query: Query, conditions: Query[]): Query {
  if (conditions.length === 0) return query;
  return { ...query, $and: [...((query.$and ?? []) as Query[]), ...conditions] };
}

/** Why Parse Server deletes sessions: it does not say, but each of its ways asks in its own form. */
function reasonOf(
  query: Query,
  options: DatabaseOptions | undefined,
  context: RequestContext,
  rows: Row[],
): RevokeReason {
  if (isByClient(options)) return 'revoked';
  if ('installationId' in query) return 'sameInstallation';
  if ('user' in query) return 'passwordChange';
  const { caller } = context;
  const isOwn = caller.kind === 'session' && rows[0]?.sessionToken === caller.token;
  return isOwn ? 'logout' : 'revoked';
}
