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

/** Texts of so many characters, all together, weigh as much as one more mark: clients choose them. */
const CHARS_PER_MARK = 512;

const weightOf = (token: string, { userAgent = '' }: Mark) =>
  1 + Math.floor((token.length + userAgent.length) / CHARS_PER_MARK);

/** The last accesses that are not written yet, by token: one per session, however often it was used. */
export class Marks {
  private byToken = new Map<string, Mark>();
  private weight = 0;

  /** @param limit how many marks are kept; fewer where they hold long texts. */
  constructor(private readonly limit: number) {}

  get size(): number {
    return this.byToken.size;
  }

  get isFull(): boolean {
    return this.weight >= this.limit;
  }

  values(): Iterable<Mark> {
    return this.byToken.values();
  }

  get(token: string): Mark | undefined {
    return this.byToken.get(token);
  }

  set(token: string, mark: Mark): void {
    const known = this.byToken.get(token);
    // Behind a proxy it is a piece of a header, which a client can make long.
    if (mark.ip) mark.ip = known?.ip === mark.ip ? known.ip : copyOf(mark.ip);
    // Nearly always the same device goes on.
    if (known && known.ip === mark.ip && known.at <= mark.at && !known.otherIps && !mark.otherIps) {
      this.replace(token, mark);
      return;
    }
    const [earlier, latest] = known && known.at > mark.at ? [mark, known] : [known, mark];
    // An access by LiveQuery, or the download of a file, tells no address: the session stays where it was.
    const later = earlier && latest.ip === undefined ? { ...earlier, at: latest.at } : latest;
    const others = otherIps(earlier, later);
    this.replace(token, others ? { ...later, otherIps: others } : later);
    // This happens only when flushes fail for long. The oldest mark is worth least.
    while (this.weight > this.limit && this.size > 1) this.drop(this.byToken.keys().next().value!);
  }

  /** Puts the mark behind the others: their order is that of the accesses. */
  private replace(token: string, mark: Mark): void {
    this.drop(token);
    this.byToken.set(token, mark);
    this.weight += weightOf(token, mark);
  }

  private drop(token: string): void {
    const mark = this.byToken.get(token);
    if (!mark) return;
    this.byToken.delete(token);
    this.weight -= weightOf(token, mark);
  }

  /** Takes every mark out. */
  take(): Map<string, Mark> {
    const taken = this.byToken;
    this.byToken = new Map();
    this.weight = 0;
    return taken;
  }

  /** Puts marks back whose writing failed, before the newer ones, which win. */
  restore(marks: Map<string, Mark>): void {
    const newer = this.byToken;
    this.byToken = marks;
    this.weight = 0;
    for (const [token, mark] of marks) this.weight += weightOf(token, mark);
    for (const [token, mark] of newer) this.set(token, mark);
  }
}
