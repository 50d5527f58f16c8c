/** A write or another request that a session was refused, and when it was the last time. */
export interface Blocked {
  sessionId: string;
  userId: string | null;
  operation: string;
  target: string;
  at: Date;
}

/** How many a process remembers: as many as an operator looks at. */
const MAX = 50;
/** How many of one session: whoever holds its token must not hide what another one has tried. */
const MAX_OF_SESSION = 10;

/** What sessions were refused last in this process, each request once. */
export class NewestBlocked {
  /** The oldest first. */
  private list: Blocked[] = [];

  add(blocked: Blocked): void {
    const { sessionId, operation, target } = blocked;
    const isOfSession = (one: Blocked) => one.sessionId === sessionId;
    const others = this.list.filter(
      one => !isOfSession(one) || one.operation !== operation || one.target !== target,
    );
    const ofSession = others.filter(isOfSession);
    const oldest = ofSession.length === MAX_OF_SESSION ? ofSession[0] : undefined;
    this.list = [...others.filter(one => one !== oldest), blocked].slice(-MAX);
  }

  /** The newest first. */
  get(): Blocked[] {
    return this.list.toReversed();
  }
}
