import type { Ender } from '../history/ender';
import { withoutControls } from '../in-messages';
import { text } from '../params';
import type { Logger } from '../parse-server';
import { maskedText } from '../policy/masked-text';

/** Why somebody ends sessions, in his own words. It may quote a token, which nobody is to keep. */
export const noteParam = text(500).transform(maskedText);

/** Tells in the log what was revoked, by whom and why, where whoever did so has said it. */
export function logNote(
  note: string | undefined,
  what: string,
  { kind }: Ender,
  log: Pick<Logger, 'info'>,
): void {
  if (note === undefined) return;
  const by = kind === 'master' ? 'the master key' : 'the server';
  log.info(`parse-server-sessions: ${by} revoked ${withoutControls(`${what}: ${note}`)}`);
}
