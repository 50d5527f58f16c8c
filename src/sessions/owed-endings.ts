import { pauseAfter } from '../retry';

/** How many wait for another try at most. A database that is away so long fails what would add more as well. */
const MAX_OWED = 10_000;

/** Ends sessions. @param since when it failed for the first time; absent at the first try. */
type End = (since?: Date) => Promise<void>;

/**
 * Ends sessions for what is done already: their user is deleted or locked, or has other factors. Nobody asks for it a
 * second time, so where it fails it is tried again until it succeeds. What a process that is killed still owes is lost.
 */
export class OwedEndings {
  private readonly owed = new Map<End, Date>();
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;

  constructor(
    private readonly report: (failure: string) => void,
    private readonly now: () => Date,
  ) {}

  /** Never rejects: a failure stands in the log. @param what why the sessions end. */
  async settle(what: string, end: End): Promise<void> {
    try {
      await end();
    } catch (error) {
      const isTriedAgain = this.owed.size < MAX_OWED;
      const next = isTriedAgain ? 'it is tried again' : 'too many others wait for another try';
      this.report(`sessions could not be ended (${what}), ${next}: ${(error as Error | undefined)?.message}`);
      if (isTriedAgain) this.owed.set(end, this.now());
      this.schedule();
    }
  }

  stop(): void {
    clearTimeout(this.timer);
    if (this.owed.size === 0) return;
    this.report(`sessions of ${this.owed.size} changes to users could not be ended before the shutdown`);
    this.owed.clear();
  }

  private schedule(): void {
    if (this.timer || this.owed.size === 0) return;
    this.timer = setTimeout(() => void this.tryAgain(), pauseAfter(Math.max(1, this.failures)));
    this.timer.unref();
  }

  private async tryAgain(): Promise<void> {
    let hasFailed = false;
    for (const [end, since] of [...this.owed]) {
      try {
        await end(since);
        this.owed.delete(end);
      } catch {
        hasFailed = true;
      }
    }
    this.failures = hasFailed ? this.failures + 1 : 0;
    this.timer = undefined;
    this.schedule();
  }
}
