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
  private hasFailed = false;

  /** @param log the server's; none before it has started. */
  constructor(
    private readonly locate: Locate | undefined,
    private readonly log: () => Pick<Logger, 'error'> | undefined,
  ) {}

  /** The place, as far as it is known by now: a look-up that takes its time has it ready for the next call. */
  known(ip: string | null | undefined): string | null {
    void this.find(ip);
    return (ip && this.places.get(ip)?.place) || null;
  }

  /** The place, for what can wait for a look-up, 5 seconds at most. Never rejects. */
  async find(ip: string | null | undefined): Promise<string | null> {
    if (!ip || !this.locate) return null;
    const known = this.places.get(ip);
    if (known) return known.place;
    const looking = this.underWay.get(ip);
    if (looking || this.underWay.size >= MAX_UNDER_WAY) return looking ?? null;
    return this.lookUp(ip, this.locate);
  }

  private async lookUp(ip: string, locate: Locate): Promise<string | null> {
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
          ip,
          looking.catch(() => null),
        );
        place = await looking;
      }
    } catch (error) {
      ttl = FAILED_MS;
      this.fails(error);
    }
    this.underWay.delete(ip);
    this.places.set(ip, { place }, { ttl });
    return place;
  }

  private fails(error: unknown): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.log()?.error(
      'parse-server-sessions: the option locate has failed, and some addresses have no place; it is told this once: ' +
        `${(error as Error | undefined)?.message}`,
    );
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
