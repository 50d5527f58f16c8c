import type { Renewals } from './renewals';
import { currentUser, type ParseSdk } from './sdk';

/** By what the user proves who he is. */
export type IdentityProof =
  { password: string; authData?: Record<string, object> } | { authData: Record<string, object> };

/** An error of the SDK. */
export type ParseError = Error & { code: number };

/** Asks the user to prove who he is, because the server has refused a request as stale. */
export type ConfirmIdentity = (error: ParseError) => unknown;

interface Prompt {
  userId: string | undefined;
  /** Of the session whose requests it is for. */
  token: string;
  isOpen: boolean;
  /** Whether they may be sent again. */
  answer: Promise<boolean>;
  /** Its session is over: nobody waits for the user any more. */
  abandon(): void;
}

const isProof = (answer: unknown): answer is IdentityProof =>
  typeof answer === 'object' && answer !== null && ('password' in answer || 'authData' in answer);

/**
 * Asks the user once for however many requests were refused.
 * @param prove sends the server a proof
 */
export function confirmation(
  Parse: Pick<ParseSdk, 'CoreManager'>,
  renewals: Renewals,
  ask: ConfirmIdentity,
  prove: (proof: IdentityProof) => Promise<unknown>,
) {
  /** The prompt that is open, or was the last. */
  let prompt: Prompt | undefined;
  let closed = 0;

  async function isConfirmed(error: ParseError): Promise<boolean> {
    try {
      const answer = await ask(error);
      if (answer === null || answer === false) return false;
      if (isProof(answer)) await prove(answer);
      return true;
    } catch {
      return false;
    }
  }

  function open(userId: string | undefined, token: string, error: ParseError): Prompt {
    let settle: (isConfirmed: boolean) => void = () => {};
    const answer = new Promise<boolean>(resolve => (settle = resolve));
    const close = (confirmed: boolean) => {
      if (!opened.isOpen) return;
      opened.isOpen = false;
      closed += 1;
      settle(confirmed);
    };
    const opened: Prompt = { userId, token, isOpen: true, answer, abandon: () => close(false) };
    void isConfirmed(error).then(close);
    return opened;
  }

  return {
    /** How many prompts are over. A request notes it as it is sent. */
    closed: () => closed,

    /** The user has logged out: what waits for his proof waits for nothing. */
    abandon: () => prompt?.abandon(),

    /**
     * Waits for the user, who is asked if no prompt has been open since the request was sent.
     * @param since what `closed` was then
     * @returns the token with which the request may be sent again, if it may.
     */
    async ask(token: string, error: ParseError, since: number): Promise<string | undefined> {
      const user = await currentUser(Parse);
      if (prompt?.userId !== user?.id) prompt?.abandon();
      const isCurrent = await renewals.areOne(token, user?.getSessionToken());
      const isOfPrompt = await renewals.areOne(token, prompt?.token);
      if (!prompt?.isOpen && (since === closed || !isOfPrompt)) {
        // Another user's request, or one with a token that the app named itself, is not what this one is asked about.
        if (!isCurrent) return undefined;
        prompt = open(user?.id, token, error);
      } else if (!isCurrent && !isOfPrompt) return undefined;
      const { answer, userId } = prompt!;
      if (!(await answer)) return undefined;
      // By now the session may have another token, or the user have logged in anew.
      const now = await currentUser(Parse);
      return now && now.id === userId ? (now.getSessionToken() ?? undefined) : undefined;
    },
  };
}
