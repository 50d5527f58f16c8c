import { setTimeout as sleep } from 'node:timers/promises';
import { boundedCache } from '../bounded-cache';
import type { CacheController, Logger } from '../parse-server';
import { pauseAfter } from '../retry';

/**
 * How long a revoked token is remembered, in milliseconds. A request under way may have read the session before it
 * was deleted, and put it back into Parse Server's cache afterwards: no request takes longer than this.
 */
export const REMEMBER_MS = 10 * 60_000;

/** How many tokens wait for a cache that fails. For any more, other processes follow once their caches forget. */
const MAX_PENDING = 10_000;

/** How long a request waits for the cache, in milliseconds. */
const PATIENCE_MS = 1000;

/** How many tokens are tried at once. */
const CHUNK = 100;

/** What the cache is to be told of a token. */
interface Task {
  /** Until when the other processes have to refuse the token; absent where it only has to be looked up anew. */
  revokedUntil?: number;
}

const sharedKey = (token: string) => `revokedSession:${token}`;

/**
 * What Parse Server's cache knows of tokens, and what other processes that share it have to know. A cache may be away
 * (Redis is down). On Parse Server alone this fails no request, so it fails none here: what could not be written is
 * tried again for as long as it matters.
 */
export class TokenCache {
  private readonly pending = boundedCache<Task>(MAX_PENDING, { ttl: REMEMBER_MS, noUpdateTTL: true });
  private retry: NodeJS.Timeout | undefined;
  private tries = 0;
  private isFailing = false;
  private isStopped = false;

  /** @param isShared whether other processes may use the cache. If not, nobody reads marks in it. */
  constructor(
    private readonly cache: Pick<CacheController, 'get' | 'put' | 'user'>,
    readonly isShared: boolean,
    private readonly log: Logger,
  ) {}

  /** Has the other processes refuse these tokens, and Parse Server forget them. Never rejects. */
  async revoke(tokens: readonly string[]): Promise<void> {
    const revokedUntil = this.isShared ? Date.now() + REMEMBER_MS : undefined;
    await this.tell(tokens, { revokedUntil });
  }

  /** Has Parse Server look these tokens up anew, because what it keeps of them is no longer true. Never rejects. */
  async clear(tokens: readonly string[]): Promise<void> {
    await this.tell(tokens, {});
  }

  /** Whether another process that shares the cache has revoked the token. */
  async isRevokedElsewhere(token: string): Promise<boolean> {
    return this.isShared && Boolean(await this.cache.get(sharedKey(token)));
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.retry);
  }

  /** Waits for the cache, though not for long, and for one that is known to fail not at all. */
  private async tell(tokens: readonly string[], task: Task): Promise<void> {
    if (tokens.length === 0) return;
    const isKnownToFail = this.isFailing;
    const telling = Promise.all(tokens.map(token => this.attempt(token, task)));
    if (isKnownToFail) return;
    const isOver = new AbortController();
    const patience = sleep(PATIENCE_MS, 'slow', { signal: isOver.signal, ref: false }).catch(() => undefined);
    // What hangs is done once the cache answers.
    if ((await Promise.race([telling, patience])) === 'slow') this.fails('it does not answer');
    isOver.abort();
  }

  /** @returns whether the cache has taken it. If not, it is kept for later. */
  private async attempt(token: string, task: Task): Promise<boolean> {
    try {
      await this.write(token, task);
    } catch (error) {
      // That a token is revoked matters more than that it has to be looked up.
      if (task.revokedUntil !== undefined || !this.pending.has(token)) this.pending.set(token, task);
      this.fails(String((error as Error)?.message).replaceAll(token, '********'));
      this.schedule();
      return false;
    }
    if (this.pending.get(token) === task) this.pending.delete(token);
    if (this.pending.size === 0) this.works();
    return true;
  }

  private async write(token: string, { revokedUntil }: Task): Promise<void> {
    if (revokedUntil !== undefined) {
      await this.cache.put(sharedKey(token), true, Math.max(1, revokedUntil - Date.now()));
    }
    await this.cache.user.del(token);
  }

  private schedule(): void {
    if (this.isStopped || this.retry) return;
    this.tries += 1;
    this.retry = setTimeout(() => void this.tryAgain(), pauseAfter(this.tries));
    this.retry.unref();
  }

  private async tryAgain(): Promise<void> {
    const tasks = [...this.pending.entries()];
    for (let start = 0; start < tasks.length; start += CHUNK) {
      const chunk = tasks.slice(start, start + CHUNK);
      const taken = await Promise.all(chunk.map(([token, task]) => this.attempt(token, task)));
      if (!taken.includes(true)) break;
    }
    this.retry = undefined;
    if (this.pending.size > 0) this.schedule();
  }

  private fails(why: string): void {
    if (this.isFailing) return;
    this.isFailing = true;
    this.log.error(
      `parse-server-sessions: the cache fails (${why}). What it has to know of tokens is tried again; until then other ` +
        'processes may accept a revoked one for as long as the cache keeps it.',
    );
  }

  private works(): void {
    this.tries = 0;
    if (!this.isFailing) return;
    this.isFailing = false;
    this.log.info('parse-server-sessions: the cache works again.');
  }
}
