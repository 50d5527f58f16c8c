/**
 * A batch with `transaction: true`. What follows when a session begins or ends waits for its commit. Nothing in it
 * may wait for another connection, which in turn could wait for the transaction for ever.
 */
export class Transaction {
  /** @param since how many revocations of users there were when it was opened (`Revocations#userRevocations`). */
  constructor(readonly since: number) {}

  private readonly effects: Array<() => Promise<unknown>> = [];

  afterCommit(effect: () => Promise<unknown>): void {
    this.effects.push(effect);
  }

  /** Runs what has waited for the commit. Revoked tokens are marked before the first wait, the rest follows. */
  async committed(): Promise<void> {
    await Promise.all(this.effects.splice(0).map(effect => effect()));
  }
}
