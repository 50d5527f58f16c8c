import { enforce } from '../../enforce';
import { invalidSessionError } from '../../errors';
import { changesPassword } from '../../policy/credentials';
import type { Decision } from '../../policy/decision';
import { mayAccess, relationsIn } from '../../policy/scopes';
import { isStale, mayWrite } from '../../policy/writes';
import type { SessionRecord } from '../../record';
import type { Access } from '../access';
import type { Rule } from '../rule';
import type { Visit } from '../visit';

/** What is decided of one class, for one session. */
type Judgement = (session: SessionRecord) => Decision;

/**
 * Keeps restricted sessions from writing guarded classes, scoped ones from all that their scopes do not name, and
 * sessions whose last login is long ago from the classes of the option `fresh`.
 */
export const guardRule: Rule = {
  covers({ visit, className }) {
    const { isGuarded, needsFresh } = visit.runtime.writeRules;
    return visit.isScoped || isGuarded(className) || needsFresh(className);
  },

  judge(access) {
    const { visit, operation } = access;
    switch (visit.caller.kind) {
      case 'master':
        return undefined;
      case 'session':
        return operation === 'read' ? judgeRead(access) : judgeWrite(access);
      case 'unknown':
        // What Parse Server does on its own account, it does as the server.
        if (access.byUser && (operation !== 'read' || visit.isScoped)) throw invalidSessionError();
        requireLogin(access);
        return undefined;
      default:
        requireLogin(access);
        return undefined;
    }
  },
};

function judgeRead({ visit, className, query, byClient }: Access): void | Promise<void> {
  if (!visit.isScoped) return undefined;
  const asked = [className, ...relationsIn(query ?? {})];
  return withSession(visit, session => {
    for (const name of asked) {
      const read = { className: name, operation: 'read', byClient } as const;
      decide(visit, session, mayAccess(session.scopes ?? [], read), 'read', name);
    }
  });
}

function judgeWrite(access: Access): void | Promise<void> {
  const { visit, className, query, data, byClient } = access;
  const { writeRules, now } = visit.runtime;
  const operation = access.operation as 'create' | 'update' | 'delete';
  const write = { className, operation, byClient, query, data };
  const judgement: Judgement = session => mayWrite(session, write, writeRules, now());
  const judge = (session: SessionRecord): void | Promise<void> => {
    const decision = judgement(session);
    if (decision.allow) return undefined;
    if (!isStale(decision) || visit.transaction)
      return decide(visit, session, decision, operation, className);
    // The password may have been confirmed in another process meanwhile.
    return visit
      .ownSessionReread()
      .then(reread => decide(visit, reread, judgement(reread), operation, className));
  };
  // A new password ends all sessions and makes one: not by a session that another process has revoked.
  if (className === '_User' && changesPassword(data) && !visit.transaction) {
    return visit.ownSessionReread().then(judge);
  }
  return withSession(visit, judge);
}

/** At once where the session is known: most writes need not wait. */
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
  if (!decision.allow) visit.runtime.events.blocked(session, operation, target);
  enforce(decision);
}

/** Without a session there is no login that could be recent; an account is made without one, though. */
function requireLogin({ visit, className, operation, byClient }: Access): void {
  if (operation === 'read' || !byClient || !visit.runtime.writeRules.needsFresh(className)) return;
  const makesAccount = className === '_User' && (visit.caller.kind !== 'user' || operation === 'create');
  if (!makesAccount) throw invalidSessionError();
}
