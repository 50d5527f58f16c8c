import { copyOf } from '../client-texts';

/** The last access of one session, and where it came from. */
export interface Mark {
  at: Date;
  ip?: string;
  userAgent?: string;
  /** Other addresses since the last write. A thief's address must not vanish behind the user's own. */
  otherIps?: readonly string[];
}

/** How many other addresses are kept. Further ones would tell nothing new. */
const MAX_OTHER_IPS = 8;

function otherIps(earlier: Mark | undefined, later: Mark): readonly string[] | undefined {
  if (!earlier || (earlier.ip === later.ip && !earlier.otherIps && !later.otherIps)) return later.otherIps;
  const ips = new Set([...(earlier.otherIps ?? []), ...(later.otherIps ?? [])]);
  if (earlier.ip) ips.add(earlier.ip);
  if (later.ip) ips.delete(later.ip);
  return ips.size > 0 ? [...ips].slice(0, MAX_OTHER_IPS) : undefined;
}

/** The last accesses that are not written yet, by token: one per session, however often it was used. */
export class Marks {
  private byToken = new Map<string, Mark>();

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.byToken.size;
  }

  get(token: string): Mark | undefined {
    return this.byToken.get(token);
  }

  set(token: string, given: Mark): void {
    const known = this.byToken.get(token);
    // Parse Server does not tell where the download of a file comes from.
    const mark = known && given.ip === undefined ? { ...known, at: given.at } : given;
    // Behind a proxy it is a piece of a header, which a client can make long.
    if (mark.ip) mark.ip = known?.ip === mark.ip ? known.ip : copyOf(mark.ip);
    // Nearly always the same device goes on.
    if (known && known.ip === mark.ip && known.at <= mark.at && !known.otherIps && !mark.otherIps) {
      this.replace(token, mark);
      return;
    }
    const [earlier, later] = known && known.at > mark.at ? [mark, known] : [known, mark];
    const others = otherIps(earlier, later);
    const merged = others ? { ...later, otherIps: others } : later;
    if (!known && this.byToken.size >= this.limit) {
      // This happens only when flushes fail for long. The oldest mark is worth least.
      const oldest = this.byToken.keys().next();
      if (!oldest.done) this.byToken.delete(oldest.value);
    }
    this.replace(token, merged);
  }

  /** Puts the mark behind the others: their order is that of the accesses. */
  private replace(token: string, mark: Mark): void {
    this.byToken.delete(token);
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
