import type { Database } from '../parse-server';
import { Transaction } from '../sessions/transaction';
import { METHODS, type Original } from './past-gate';
import { visitOf, type Visit } from './visit';

/** How often an open transaction is looked at, in milliseconds. */
const LOOK_MS = 1000;

/**
 * Notes on the visit which transaction its batch has opened. What follows when a session begins or ends waits for
 * the commit.
 */
export function gateTransactions(controllers: Database, original: Original): void {
  controllers.createTransactionalSession = async function () {
    const visit = visitOf(this);
    const since = visit?.runtime.revocations.userRevocations ?? 0;
    // The session is looked up before the transaction is open. Within it the look-up would need a second
    // connection, and other transactions may hold all of them.
    if (visit?.caller.kind === 'session') await visit.ownSession();
    await original.createTransactionalSession.call(this);
    if (!visit) return;
    visit.transaction = new Transaction(since);
    abortWhatIsLeft(visit, this, original);
  };
  controllers.commitTransactionalSession = async function () {
    const visit = visitOf(this);
    const transaction = visit?.transaction;
    // It is over, whether the commit succeeds or not.
    if (visit) visit.transaction = undefined;
    await original.commitTransactionalSession.call(this);
    if (!visit || !transaction) return;
    // The batch is committed, so the client gets its answer whatever fails now.
    await transaction
      .committed()
      .catch(error =>
        visit.runtime.events.report(`what follows from a transaction failed: ${error?.message}`),
      );
  };
  controllers.abortTransactionalSession = async function () {
    const visit = visitOf(this);
    if (visit) visit.transaction = undefined;
    await original.abortTransactionalSession.call(this);
  };
}

/**
 * Aborts a transaction that is still open a while after its request was answered. Where Parse Server cannot route a part
 * of a batch, it answers at once and leaves the transaction open for ever (`batch.js#handleBatch` of 9.10.0), with the
 * locks on its rows: whoever then ended such a session, or wrote its last access, would wait for ever.
 */
function abortWhatIsLeft(visit: Visit, controller: Database, original: Original): void {
  const { transaction } = visit;
  const { response } = visit.entry;
  if (!response) return;
  let wasAnswered = false;
  const timer = setInterval(() => {
    if (visit.transaction !== transaction) clearInterval(timer);
    else if (wasAnswered) {
      clearInterval(timer);
      visit.transaction = undefined;
      // On PostgreSQL it rejects although it has succeeded (`PostgresStorageAdapter.js` of 9.10.0).
      original.abortTransactionalSession.call(controller).catch(() => undefined);
      closeController(controller);
    }
    // The other parts of the batch may still be at work.
    else wasAnswered = response.writableEnded;
  }, LOOK_MS);
  timer.unref();
}

/**
 * Refuses what parts of a batch that are still at work want of the database, once their transaction is aborted. On
 * MongoDB their writes would stay; on PostgreSQL a second abort rejects a promise that nobody has, which ends the process.
 */
function closeController(controller: Database): void {
  const refuse = (): Promise<never> => {
    const refusal = Promise.reject(
      new Error('The transaction was aborted: its request was answered before it ended.'),
    );
    // Parse Server leaves some promises unawaited, see `gate.ts#pass`.
    refusal.catch(() => undefined);
    return refusal;
  };
  for (const name of [...METHODS, 'commitTransactionalSession'] as const) controller[name] = refuse;
  controller.abortTransactionalSession = async () => undefined;
}
