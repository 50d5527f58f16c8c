import { currentUser, signedInElsewhere, storedUser, type CurrentUser, type ParseSdk } from './sdk';

declare function setTimeout(work: (nothing?: undefined) => void, milliseconds: number): unknown;

type Sdk = Pick<ParseSdk, 'CoreManager' | 'Storage'>;

/** Where a tab tells the others that it is about to give the session that they share a new token. */
const MARK = 'sessionRenewal';
/** How long the others believe it, in milliseconds: the tab may have been closed. */
const BELIEVED = 5000;
const LOOK_AGAIN = 50;

/** The new token in an answer of the server; `undefined` in any other. */
export function tokenIn(answer: unknown): string | undefined {
  const { sessionToken } = Object(answer) as { sessionToken?: unknown };
  return typeof sessionToken === 'string' && sessionToken !== '' ? sessionToken : undefined;
}

/** Has the SDK go on with a new token of the same session, as its own `_upgradeToRevocableSession` does. */
export async function useToken({ CoreManager }: Sdk, user: CurrentUser, sessionToken: string): Promise<void> {
  user._finishFetch({ sessionToken });
  await quietly(() => CoreManager.getUserController().setCurrentUser(user));
}

/** Sends a request by which the session of the current user gets a new token, and has the SDK go on with that. */
export async function renew<T>(Parse: Sdk, old: string, request: () => Promise<T>): Promise<T> {
  const { CoreManager, Storage } = Parse;
  const mark = Storage.generatePath(MARK);
  const own = `${Date.now()}:${Math.random()}`;
  while (await isMarked(Storage)) await pause();
  const wasStored = await quietly(() => storedUser(Parse));
  await quietly(() => Storage.setItemAsync(mark, own));
  try {
    const answer = await request();
    const sessionToken = tokenIn(answer);
    if (sessionToken === undefined) return answer;
    const user = await currentUser(Parse);
    const hasLeft = wasStored && !(await quietly(() => storedUser(Parse)));
    if (user?.getSessionToken() === old && !hasLeft) await useToken(Parse, user, sessionToken);
    // Whoever has logged out meanwhile, here or in another tab, has done so with the old token.
    else await quietly(() => CoreManager.getRESTController().request('POST', 'logout', {}, { sessionToken }));
    return answer;
  } finally {
    if ((await quietly(() => Storage.getItemAsync(mark))) === own)
      await quietly(() => Storage.removeItemAsync(mark));
  }
}

/** Where the storage cannot be used there are no other tabs, and the new token counts all the same. */
const quietly = <T>(work: () => Promise<T>): Promise<T | undefined> =>
  Promise.resolve()
    .then(work)
    .catch(() => undefined);

const pause = () => new Promise(resolve => setTimeout(resolve, LOOK_AGAIN));

/** Whether some tab is about to store a new token. A clock may have been set back, and the mark be anything. */
async function isMarked(Storage: ParseSdk['Storage']): Promise<boolean> {
  const mark = await quietly(() => Storage.getItemAsync(Storage.generatePath(MARK)));
  return Math.abs(Date.now() - parseFloat(mark ?? '')) <= BELIEVED;
}

/** {@link signedInElsewhere}, which waits for a tab that is about to store a new token. */
export async function storedElsewhere(Parse: ParseSdk, token: string) {
  for (;;) {
    const waits = await isMarked(Parse.Storage);
    const user = await signedInElsewhere(Parse, token);
    if (user || !waits) return user;
    await pause();
  }
}

export type Renewals = ReturnType<typeof renewals>;

/**
 * The tokens that this tab has had replaced, each with a promise of the new one, `undefined` where that has failed.
 * @param onRenewed told of each, once the SDK goes on with the new one.
 */
export function renewals(Parse: ParseSdk, onRenewed: (old: string, token: string) => void) {
  const renewed = new Map<string, Promise<string | undefined>>();

  /** The token that a session has by now, if it has had another one. */
  async function tokenAfter(token: string): Promise<string | undefined> {
    let newest: string | undefined;
    for (let next = renewed.get(token); next; next = newest ? renewed.get(newest) : undefined) {
      const found = await next;
      if (found === undefined) break;
      newest = found;
    }
    return newest;
  }

  /** {@link renew}, during which whoever is refused with the old token waits. One at a time. */
  async function renewOnce<T>(token: string, request: (token: string) => Promise<T>): Promise<T> {
    const current = (await tokenAfter(token)) ?? token;
    if (renewed.has(current)) return renewOnce(current, request);
    const answer = renew(Parse, current, () => request(current));
    const replaced = answer
      .then(tokenIn, () => undefined)
      .then(newer => {
        if (newer === undefined) renewed.delete(current);
        else onRenewed(current, newer);
        return newer;
      });
    renewed.set(current, replaced);
    return answer;
  }

  return {
    tokenAfter,
    renew: renewOnce,

    /** Whether this token was replaced, or is about to be. */
    has: (token: string) => renewed.has(token),

    /** Whether these two are tokens of one session. */
    async areOne(token: string, other: string | null | undefined): Promise<boolean> {
      if (!other) return false;
      return ((await tokenAfter(token)) ?? token) === ((await tokenAfter(other)) ?? other);
    },
  };
}
