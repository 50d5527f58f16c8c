import { enforce } from '../../enforce';
import { ErrorCode, invalidSessionError, parseError } from '../../errors';
import type { DatabaseOptions, Query, Row } from '../../parse-server';
import { hideForeignToken, mayFilter, maySort } from '../../policy/session-class';
import { boundTexts, userPointer } from '../../record';
import type { Access } from '../access';
import type { Proceed } from '../rule';
import type { Caller } from '../caller';
import type { Visit } from '../visit';

/** Parse Server's own reads, and those with the master key. */
export async function findForServer(access: Access, proceed: Proceed): Promise<unknown> {
  const { visit, query, options } = access;
  const { callers } = visit.runtime;
  if (visit.isReadOnly) requireBlind(query ?? {}, options, new Set());
  const token = lookedUp(query, options);
  const learn = token === undefined ? undefined : callers.learner(token);
  const rows = (await proceed()) as Row[] | number;
  if (!Array.isArray(rows)) return rows;
  learn?.(rows[0]);
  // The read-only master key could write with a token.
  if (visit.isReadOnly) for (const row of rows) hideForeignToken(row, new Set());
  return rows;
}

/**
 * The token that Parse Server looks up at the start of a request (`Auth.js#getAuthForSessionToken` of 9.10.0).
 * Only a look-up of whole rows counts.
 */
function lookedUp(query: Query | null | undefined, options: DatabaseOptions | undefined): string | undefined {
  const token = query?.sessionToken;
  const isLookUp = typeof token === 'string' && Object.keys(query ?? {}).length === 1;
  return isLookUp && options?.limit === 1 && !options.keys ? token : undefined;
}

/**
 * A client sees the sessions of its own user, without their tokens save its own. A restricted session sees the
 * restricted ones only.
 */
export async function findForClient(access: Access, proceed: Proceed): Promise<unknown> {
  const { visit, options } = access;
  const { caller, ownTokens } = visit;
  if (caller.kind !== 'session' && caller.kind !== 'user') throw invalidSessionError();
  const query = access.query ?? {};
  requireBlind(query, options, ownTokens);
  access.query = narrowed(query, await visibleTo(visit, caller));
  const rows = (await proceed()) as Row[] | number;
  if (!Array.isArray(rows)) return rows;
  for (const row of rows) {
    hideForeignToken(row, ownTokens);
    boundTexts(row);
  }
  return rows;
}

async function visibleTo(visit: Visit, caller: Caller): Promise<Query[]> {
  if (caller.kind === 'user') return [{ user: userPointer(caller.userId) }];
  // Whoever asks for his own session may see that it has expired: Parse Server shows it (`SessionsRouter.js#handleMe`).
  const session = visit.isUnproven ? await visit.ownSessionOrExpired() : await visit.ownSessionNow();
  const { userId, restricted } = session;
  visit.touch();
  return [
    ...(userId === null ? [] : [{ user: userPointer(userId) }]),
    ...(restricted ? [{ restricted: true }] : []),
  ];
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
  // Rows that are found by an index come in its order.
  if (options?.hint) throw parseError(ErrorCode.INVALID_QUERY, 'Sessions take no hint by this caller.');
  enforce(mayFilter(query, ownTokens));
  enforce(maySort(options?.sort));
}

/**
 * Adds conditions beside the client's own. Put around them they would deepen the query, and Parse Server may limit
 * its depth (`requestComplexity`).
 */
function narrowed(query: Query, conditions: Query[]): Query {
  if (conditions.length === 0) return query;
  return { ...query, $and: [...((query.$and ?? []) as Query[]), ...conditions] };
}
