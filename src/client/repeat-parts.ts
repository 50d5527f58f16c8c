import { refusalOf } from './refusal';

const CONNECTION_FAILED = 100;

/**
 * Sends the parts of a batch that were refused as stale once more, and puts what becomes of them into its answer. The
 * others have been done. If that request fails, or its answer lacks some, nobody knows what became of these: they have
 * that error.
 *
 * @param batch what was sent, and answered
 * @param confirm has the user confirm his identity; answers the token to send them with, if he does
 */
export async function repeatParts(
  { data, answer }: { data: unknown; answer: unknown },
  confirm: (error: unknown) => Promise<string | undefined>,
  send: (parts: { requests: unknown[] }, token: string) => Promise<unknown>,
): Promise<void> {
  // An array, or, where the SDK asks for the status, an object with the same keys.
  const answers = Object(answer) as Record<string, unknown>;
  const { requests = [] } = Object(data) as { requests?: Record<string, unknown> };
  const stale = Object.keys(answers).filter(part => refusalOf(answers[part]) === 'stale');
  const token = stale.length > 0 && (await confirm(answers[stale[0]!]));
  if (!token) return;
  const parts = stale.map(part => (requests as Record<string, unknown>)[part]);
  let failure: unknown = { code: CONNECTION_FAILED, error: 'The server has not answered.' };
  const again = await send({ requests: parts }, token).catch(error => {
    const { code = CONNECTION_FAILED, message } = error as { code?: number; message?: string };
    failure = { code, error: message };
  });
  const given = Object(again) as Record<string, unknown>;
  stale.forEach((part, index) => (answers[part] = given[index] ?? { error: failure }));
}
