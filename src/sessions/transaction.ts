/**
 * A batch with `transaction: true`. What follows from the end or the making of a session waits for its commit. And
 * nothing in it may wait for another connection: that one could wait for the transaction in turn, for ever.
 */
export class Transaction {
  private readonly effects: Array<() => Promise<unknown>> = [];

  afterCommit(effect: () => Promise<unknown>): void {
    this.effects.push(effect);
  }

  /** Runs what waits. Marks are set before this returns, the rest follows. */
  async committed(): Promise<void> {
    await Promise.all(this.effects.splice(0).map(effect => effect()));
  }
}
