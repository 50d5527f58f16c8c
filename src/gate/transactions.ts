import type { Database } from '../parse-server';
import { Transaction } from '../sessions/transaction';
import type { Original } from './past-gate';
import { visitOf } from './visit';

/**
 * Follows the transaction of a batch, on the controller of its request: what follows from the end or the making of a
 * session waits for the commit.
 */
export function gateTransactions(controllers: Database, original: Original): void {
  controllers.createTransactionalSession = async function () {
    const visit = visitOf(this);
    // Looked up now: in the transaction it would take a second connection, and wait for one that others hold.
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
    // What is committed is committed: the client gets its answer.
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
