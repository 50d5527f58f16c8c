import { currentUser, signedInElsewhere, type ParseSdk } from './sdk';

declare function setTimeout(work: (nothing?: undefined) => void, milliseconds: number): unknown;

/** Where a tab tells the others that it is about to give the session that they share a new token. */
const MARK = 'sessionRenewal';
/** How long the others believe it, in milliseconds: the tab may have been closed. */
const BELIEVED = 5000;
const LOOK_AGAIN = 50;

/** What the server answers to a request for a new token. */
export interface Renewed {
  sessionToken: string;
}

/**
 * Sends a request by which the session of the current user gets a new token, and has the SDK go on with it, as its own
 * `_upgradeToRevocableSession` does.
 */
export async function renew<T extends Renewed>(
  Parse: Pick<ParseSdk, 'CoreManager' | 'Storage'>,
  old: string,
  request: () => Promise<T>,
): Promise<T> {
  const { CoreManager, Storage } = Parse;
  const mark = Storage.generatePath(MARK);
  const logOut = ({ sessionToken }: Renewed) =>
    CoreManager.getRESTController().request('POST', 'logout', {}, { sessionToken });
  await quietly(() => Storage.setItemAsync(mark, String(Date.now())));
  try {
    const answer = await request();
    const user = await currentUser(Parse);
    if (user?.getSessionToken() === old) {
      user._finishFetch({ sessionToken: answer.sessionToken });
      await quietly(() => CoreManager.getUserController().setCurrentUser(user));
    }
    // Whoever has logged out meanwhile has done so with the old token.
    if (!user) await quietly(() => logOut(answer));
    return answer;
  } finally {
    await quietly(() => Storage.removeItemAsync(mark));
  }
}

/** Where the storage cannot be written there are no other tabs, and the new token counts all the same. */
const quietly = (work: () => Promise<unknown>) =>
  Promise.resolve()
    .then(work)
    .catch(() => undefined);

/** {@link signedInElsewhere}, which waits for a tab that is about to store a new token. */
export async function storedElsewhere(Parse: ParseSdk, token: string) {
  const { Storage } = Parse;
  for (;;) {
    const since = Date.now() - Number(await Storage.getItemAsync(Storage.generatePath(MARK)));
    const user = await signedInElsewhere(Parse, token);
    // A clock may have been set back, and the mark be anything.
    if (user || !(Math.abs(since) <= BELIEVED)) return user;
    await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN));
  }
}

/** The tokens that this tab has had replaced, each with a promise of the new one, `undefined` where that has failed. */
export function renewals(Parse: ParseSdk) {
  const renewed = new Map<string, Promise<string | undefined>>();

  /** The token that a session has by now, if it has had another one. */
  async function tokenAfter(token: string): Promise<string | undefined> {
    let newest: string | undefined;
    for (let next = renewed.get(token); next; next = newest ? renewed.get(newest) : undefined) {
      newest = await next;
    }
    return newest;
  }

  /** {@link renew}, during which whoever is refused with the old token waits. One at a time. */
  async function renewOnce<T extends Renewed>(
    token: string,
    request: (token: string) => Promise<T>,
  ): Promise<T> {
    const current = (await tokenAfter(token)) ?? token;
    if (renewed.has(current)) return renewOnce(current, request);
    const answer = renew(Parse, current, () => request(current));
    const replaced = answer.then(
      ({ sessionToken }) => sessionToken,
      () => {
        renewed.delete(current);
        return undefined;
      },
    );
    renewed.set(current, replaced);
    return answer;
  }

  return { tokenAfter, renew: renewOnce };
}
