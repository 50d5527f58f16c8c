import { performance } from 'node:perf_hooks';

/** How long requests go on after the token was revoked, in milliseconds. */
const AFTERMATH = 30;

interface Request {
  began: number;
  accepted: boolean;
}

export interface Load {
  /** How many requests at a time. */
  parallel: number;
  /** Answers whether the token was accepted. */
  ask(): Promise<boolean>;
  /** Done once the revocation is answered. */
  revoke(): Promise<unknown>;
  /**
   * Makes Parse Server's cache forget the token, as it does every few seconds: so there are always requests under way
   * that have read the session before it is deleted, and put it into the cache after that.
   */
  forget(): Promise<unknown>;
}

const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds));

/** Sends requests with a token while it is revoked, and counts what became of them. */
export async function underLoad({ parallel, ask, revoke, forget }: Load) {
  const requests: Request[] = [];
  let answered = Infinity;
  let isOver = false;
  const client = async () => {
    for (let after = 0; !isOver || after === 0;) {
      const began = performance.now();
      requests.push({ began, accepted: await ask() });
      if (began < answered) continue;
      after += 1;
      // From now on it is enough to look again and again.
      await pause(10);
    }
  };
  const forgetAgain = async () => {
    while (answered === Infinity) {
      await forget();
      await pause(1);
    }
  };
  const clients = Array.from({ length: parallel }, client);
  while (!requests.some(({ accepted }) => accepted)) await pause(1);
  const forgetting = forgetAgain();
  await revoke();
  answered = performance.now();
  await pause(AFTERMATH);
  isOver = true;
  await Promise.all([...clients, forgetting]);
  return {
    acceptedBefore: requests.filter(({ began, accepted }) => began < answered && accepted).length,
    refusedAfter: requests.filter(({ began, accepted }) => began > answered && !accepted).length,
    /** Requests that began after the revocation's answer and were accepted: there must be none. */
    acceptedAfter: requests.filter(({ began, accepted }) => began > answered && accepted).length,
  };
}
