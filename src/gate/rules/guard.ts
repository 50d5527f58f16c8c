import { enforce } from '../../enforce';
import { invalidSessionError } from '../../errors';
import { changesPassword } from '../../policy/credentials';
import type { Decision } from '../../policy/decision';
import { classesIn, relationsIn, sharedTablesAsked, sharedTablesWritten } from '../../policy/relations';
import { mayAccess } from '../../policy/scopes';
import { isStale, mayWrite } from '../../policy/writes';
import type { Row } from '../../parse-server';
import type { SessionRecord } from '../../record';
import type { Runtime } from '../../runtime';
import type { Access } from '../access';
import type { Rule } from '../rule';
import type { Visit } from '../visit';
import { changesOf } from './changes';

/**
 * Keeps restricted sessions from writing guarded classes, scoped ones from all that their scopes do not name, and
 * sessions without a recent login from writing what the option `fresh` names.
 */
export const guardRule: Rule = {
  covers: (className, runtime, _options, data) =>
    isCovered(className, runtime) || sharedTablesWritten(className, data, runtime.nameBytes).length > 0,
  coversScoped: true,

  judge(access) {
    if (access.visit.caller.kind === 'master') return undefined;
    if (isJudgedByClassOnly(access)) return judgeAs(access, access.className);
    const tables = sharedTables(access);
    return tables.length === 0 ? judgeAs(access, access.className) : judgeShared(access, tables);
  },
};

/**
 * Whether it makes no difference who shares the tables of relations: nobody needs a recent login, and the caller is no
 * restricted session.
 */
function isJudgedByClassOnly({ visit: { caller, isScoped, runtime } }: Access): boolean {
  if (isScoped || runtime.writeRules.fresh.any) return false;
  return (
    caller.kind === 'nobody' ||
    (caller.kind === 'session' && runtime.callers.known(caller.token)?.restricted === false)
  );
}

const isCovered = (className: string, { writeRules }: Runtime) =>
  writeRules.isGuarded(className) || writeRules.fresh.covers(className);

/** Judges an access as one of a class. */
function judgeAs(access: Access, className: string): void | Promise<void> {
  const { visit, operation } = access;
  switch (visit.caller.kind) {
    case 'session':
      return operation === 'read' ? judgeRead(access, className) : judgeWrite(access, className);
    case 'unknown':
      // A client with a user came in past the doors. Parse Server's own work passes: it has no user.
      if (access.byUser && (operation !== 'read' || visit.isScoped)) throw invalidSessionError();
      return requireLogin(access, className);
    default:
      return requireLogin(access, className);
  }
}

/** The tables of relations that an access comes to and that other classes may share. */
function sharedTables({ visit, operation, className, query, data }: Access): readonly string[] {
  const { nameBytes } = visit.runtime;
  if (operation !== 'read') return sharedTablesWritten(className, data, nameBytes);
  return visit.isScoped ? sharedTablesAsked(className, query ?? {}, nameBytes) : [];
}

/**
 * Judges an access as one of each class whose relations are in the same tables. Hardly any request comes here, so the
 * schema is read anew: another process may have changed it.
 */
async function judgeShared(access: Access, tables: readonly string[]): Promise<void> {
  const { visit, className } = access;
  const schema = await visit.database.loadSchema();
  const schemas = await schema.getAllClasses({ clearCache: true });
  const sharing = classesIn(tables, schemas, visit.runtime.nameBytes);
  for (const name of new Set([className, ...sharing])) {
    if (visit.isScoped || isCovered(name, visit.runtime)) await judgeAs(access, name);
  }
}

function judgeRead({ visit, query, byClient }: Access, className: string): void | Promise<void> {
  if (!visit.isScoped) return undefined;
  const asked = [className, ...relationsIn(query ?? {})];
  const { isGuarded } = visit.runtime.writeRules;
  return withSession(visit, session => {
    // Parse Server reads the caller's user to learn who he is, when the SDK in cloud code asks with his token.
    if (!byClient && className === '_User' && query?.objectId === session.userId) return;
    for (const name of asked) {
      const read = { className: name, operation: 'read', byClient } as const;
      decide(visit, session, mayAccess(session.scopes ?? [], read, isGuarded), 'read', name);
    }
  });
}

function judgeWrite(access: Access, className: string): void | Promise<void> {
  const { visit, query, data, byClient } = access;
  const { writeRules, now } = visit.runtime;
  const operation = access.operation as 'create' | 'update' | 'delete';
  const isShared = className !== access.className;
  const write = { className, operation, byClient, query, data, isShared };
  const judgement = (session: SessionRecord, changes = data): Decision =>
    mayWrite(session, { ...write, data: changes }, writeRules, now());
  const judge = (session: SessionRecord): void | Promise<void> => {
    const decision = judgement(session);
    if (decision.allow) return undefined;
    if (!isStale(decision) || visit.transaction)
      return decide(visit, session, decision, operation, className);
    return secondLook();
  };
  /** Another process may have confirmed the user's identity meanwhile, and not all that is written changes something. */
  async function secondLook(): Promise<void> {
    const session = await visit.ownSessionReread();
    decide(visit, session, judgement(session, await changesOf(access)), operation, className);
  }

  // A new password ends all sessions of the user and makes a new one. The session that asks is read again, because
  // another process may have revoked it.
  if (className === '_User' && changesPassword(data)) {
    const { transaction, runtime } = visit;
    visit.passwordChange ??= { since: transaction?.since ?? runtime.revocations.userRevocations };
    // A transaction has read it before it was opened (`gateTransactions`).
    if (!transaction) return visit.ownSessionReread().then(judge);
  }
  return withSession(visit, judge);
}

/** Judges without a promise where the session is known: most writes need not wait. */
function withSession(
  visit: Visit,
  judge: (session: SessionRecord) => void | Promise<void>,
): void | Promise<void> {
  const session = visit.ownSession();
  return session instanceof Promise ? session.then(judge) : judge(session);
}

function decide(
  visit: Visit,
  session: SessionRecord,
  decision: Decision,
  operation: Access['operation'],
  target: string,
): void {
  if (!decision.allow) visit.runtime.events.blocked(session, operation, target, decision.because);
  enforce(decision);
}

/** Refuses a caller without a session where the write needs a recent login. No login can precede one. */
function requireLogin(access: Access, className: string): void | Promise<void> {
  const { visit, operation, byClient } = access;
  if (operation === 'read' || !byClient) return undefined;
  const isShared = className !== access.className;
  const needsLogin = (data: Row | undefined) =>
    visit.runtime.writeRules.fresh.needs({ className, operation, byClient, data, isShared });
  const logsIn = className === '_User' && visit.caller.kind !== 'user';
  if (!needsLogin(access.data) || logsIn) return undefined;
  if (visit.transaction) throw invalidSessionError();
  return changesOf(access).then(changes => {
    if (needsLogin(changes)) throw invalidSessionError();
  });
}
