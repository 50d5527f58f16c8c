import { currentUser, type ParseSdk } from './sdk';

/** By what the user proves who he is. */
export type IdentityProof =
  { password: string; authData?: Record<string, object> } | { authData: Record<string, object> };

/** Asks the user to prove who he is, because the server has refused a request as stale. */
export type ConfirmIdentity = (error: unknown) => unknown;

interface Prompt {
  /** Whose requests it is for. */
  token: string;
  /** The token with which they may be sent again; `undefined` where the user has cancelled. */
  answer: Promise<string | undefined>;
}

const isProof = (answer: unknown): answer is IdentityProof =>
  typeof answer === 'object' && answer !== null && ('password' in answer || 'authData' in answer);

/** Asks the user once for however many requests were refused. */
export function confirmation(Parse: ParseSdk, ask: ConfirmIdentity, functionPrefix = '') {
  /** The prompt that is open, or was the last. */
  let prompt: Prompt | undefined;
  let isOpen = false;
  let closed = 0;

  async function open(token: string, error: unknown): Promise<string | undefined> {
    isOpen = true;
    try {
      const userId = (await currentUser(Parse))?.id;
      const answer = await ask(error);
      if (answer === null || answer === false) return undefined;
      if (isProof(answer))
        await Parse.Cloud.run(functionPrefix + 'confirmIdentity', answer, { sessionToken: token });
      // By now the session may have another token, or the user have logged in anew.
      const user = await currentUser(Parse);
      return user && user.id === userId ? (user.getSessionToken() ?? undefined) : undefined;
    } catch {
      return undefined;
    } finally {
      isOpen = false;
      closed += 1;
    }
  }

  return {
    /** How many prompts are over. A request notes it as it is sent. */
    closed: () => closed,

    /**
     * Waits for the user, who is asked if no prompt has been open since the request was sent.
     * @param since what `closed` was then
     * @returns the token with which the request may be sent again, if it may.
     */
    async ask(token: string, error: unknown, since: number): Promise<string | undefined> {
      const isCurrent = (await currentUser(Parse))?.getSessionToken() === token;
      // Another user's request, or one with a token that the app named itself, is not what this one is asked about.
      if (since === closed && !isOpen && isCurrent) prompt = { token, answer: open(token, error) };
      return prompt?.token === token ? prompt.answer : undefined;
    },
  };
}
