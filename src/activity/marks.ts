/** The last access of one session, and where it came from. */
export interface Mark {
  at: Date;
  ip?: string;
  userAgent?: string;
}

/** The last accesses that are not written yet, by token: one per session however often it was used. Bounded. */
export class Marks {
  private byToken = new Map<string, Mark>();

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.byToken.size;
  }

  get(token: string): Mark | undefined {
    return this.byToken.get(token);
  }

  set(token: string, mark: Mark): void {
    const known = this.byToken.get(token);
    if (known && known.at > mark.at) return;
    if (!known && this.byToken.size >= this.limit) {
      // Only when flushes fail for long: the oldest mark is the least worth.
      const oldest = this.byToken.keys().next();
      if (!oldest.done) this.byToken.delete(oldest.value);
    }
    // Behind the others: the order is that of the accesses.
    if (known) this.byToken.delete(token);
    this.byToken.set(token, mark);
  }

  /** Takes every mark out. */
  take(): Map<string, Mark> {
    const taken = this.byToken;
    this.byToken = new Map();
    return taken;
  }

  /** Puts marks back whose writing failed, before the newer ones, which win. */
  restore(marks: Map<string, Mark>): void {
    const newer = this.byToken;
    this.byToken = marks;
    for (const [token, mark] of newer) this.set(token, mark);
  }
}
