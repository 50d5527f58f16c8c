import { clientOf } from '../address';
import { boundedCache } from '../bounded-cache';
import { cut } from '../client-texts';
import type { Logger } from '../parse-server';

/** The app's own look-up of the place of an IP address, such as `'Lagos, Nigeria'` (the option `locate`). */
export type Locate = (ip: string) => Answer | Promise<Answer>;
type Answer = string | null | undefined;

/** How many places are known at most. */
const MAX_KNOWN = 10_000;
/** How long a place is known, in milliseconds: addresses are given to others. */
const KNOWN_MS = 24 * 60 * 60_000;
/** How long a failed look-up is not tried again, in milliseconds. */
const FAILED_MS = 60_000;
/** How many look-ups are under way at once. Further addresses have no place until they are shown again. */
const MAX_UNDER_WAY = 100;
/**
 * How many look-ups start in a minute at most, and how long that is, in milliseconds. Each may cost the app money, and
 * whoever logs in causes them: a client with an IPv6 site of his own (/48) has 65,536 networks to show. Users who come from
 * five new networks a second are many.
 */
const MAX_STARTED = 300;
const MINUTE_MS = 60_000;
/** A look-up that has not answered after so many milliseconds has failed. */
const PATIENCE_MS = 5000;
/** How long a place is at most, in characters. */
const MAX_PLACE = 128;

/** The places of addresses, by the app's own look-up. No request waits for it, or fails because of it. */
export class Places {
  private readonly places = boundedCache<{ place: string | null }>(MAX_KNOWN, {
    ttl: KNOWN_MS,
    usual: 64,
  });
  private readonly underWay = new Map<string, Promise<string | null>>();
  /** Since when it counts the look-ups that start, as `performance.now()` has it, and how many they are. */
  private minute = { since: -Infinity, started: 0 };
  private readonly told = new Set<string>();

  /** @param log the server's; none before it has started. */
  constructor(
    private readonly locate: Locate | undefined,
    private readonly log: () => Pick<Logger, 'error'> | undefined,
  ) {}

  /** The place, as far as it is known by now: a look-up that takes its time has it ready for the next call. */
  known(ip: string | null | undefined): string | null {
    void this.find(ip);
    return (ip && this.places.get(clientOf(ip))?.place) || null;
  }

  /** The place, for what can wait for a look-up, 5 seconds at most. Never rejects. */
  async find(ip: string | null | undefined): Promise<string | null> {
    if (!ip || !this.locate) return null;
    const key = clientOf(ip);
    const known = this.places.get(key);
    if (known) return known.place;
    const looking = this.underWay.get(key);
    if (looking || this.underWay.size >= MAX_UNDER_WAY || !this.mayStart()) return looking ?? null;
    return this.lookUp(key, ip, this.locate);
  }

  /** Counts a look-up, if one more may start in this minute. */
  private mayStart(): boolean {
    const now = performance.now();
    if (now - this.minute.since >= MINUTE_MS) this.minute = { since: now, started: 0 };
    if (this.minute.started >= MAX_STARTED) {
      this.tellOnce(`the option locate is asked for ${MAX_STARTED} addresses a minute at most`);
      return false;
    }
    this.minute.started += 1;
    return true;
  }

  private async lookUp(key: string, ip: string, locate: Locate): Promise<string | null> {
    let place: string | null = null;
    let ttl = KNOWN_MS;
    try {
      const answer = locate(ip);
      // A place that is there at once is known before this function first waits.
      if (!isPromise(answer)) place = placeOf(answer);
      else {
        const looking = inTime(answer).then(placeOf);
        // Whoever asks for it meanwhile waits for the same look-up.
        this.underWay.set(
          key,
          looking.catch(() => null),
        );
        place = await looking;
      }
    } catch (error) {
      ttl = FAILED_MS;
      this.tellOnce('the option locate has failed', `: ${(error as Error | undefined)?.message}`);
    }
    this.underWay.delete(key);
    this.places.set(key, { place }, { ttl });
    return place;
  }

  /** @param what why some addresses have no place. */
  private tellOnce(what: string, detail = '.'): void {
    if (this.told.has(what)) return;
    this.told.add(what);
    const told = `parse-server-sessions: ${what}, and some addresses have no place; it is told this once`;
    this.log()?.error(told + detail);
  }
}

const isPromise = (answer: ReturnType<Locate>): answer is Promise<Answer> =>
  typeof (answer as Promise<Answer> | null | undefined)?.then === 'function';

function placeOf(answer: unknown): string | null {
  if (answer === null || answer === undefined || answer === '') return null;
  if (typeof answer !== 'string') throw new Error(`expected a text or null, got ${typeof answer}`);
  return cut(answer, MAX_PLACE);
}

/** @throws Error when the look-up does not answer in time. */
async function inTime(answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(new Error(`no answer within ${PATIENCE_MS / 1000} seconds`));
    timer = setTimeout(fail, PATIENCE_MS);
    timer.unref();
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
