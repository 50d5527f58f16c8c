import type { Database } from '../parse-server';
import { Transaction } from '../sessions/transaction';
import type { Original } from './past-gate';
import { visitOf } from './visit';

/**
 * Notes on the visit which transaction its batch has opened. What follows when a session begins or ends waits for
 * the commit.
 */
export function gateTransactions(controllers: Database, original: Original): void {
  controllers.createTransactionalSession = async function () {
    const visit = visitOf(this);
    // The session is looked up before the transaction is open. Within it the look-up would need a second
    // connection, and other transactions may hold all of them.
    if (visit?.caller.kind === 'session') await visit.ownSession();
    await original.createTransactionalSession.call(this);
    if (visit) visit.transaction = new Transaction();
  };
  controllers.commitTransactionalSession = async function () {
    await original.commitTransactionalSession.call(this);
    const visit = visitOf(this);
    const transaction = visit?.transaction;
    if (!visit || !transaction) return;
    visit.transaction = undefined;
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
