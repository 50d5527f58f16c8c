import { read } from 'read';
import { CommandError, EXIT } from './failure';
import { plain } from './output';

/** Whether somebody can be asked. Without a terminal for the question, too, that of the answer shows what is typed. */
const isPerson = () => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** What an HTTP header holds. */
const IN_HEADER = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The master key: from the environment, or typed where nobody sees it. Never an argument, which other users of the machine see. */
export async function masterKey(): Promise<string> {
  const key = (process.env.PARSE_SERVER_MASTER_KEY || (await typedKey())).trim();
  // `fetch` shows a header that it does not take.
  if (IN_HEADER.test(key)) return key;
  throw new CommandError('The master key holds what no HTTP header can, such as a line break.', EXIT.usage);
}

async function typedKey(): Promise<string> {
  if (!isPerson()) {
    throw new CommandError(
      'Set PARSE_SERVER_MASTER_KEY, or run this in a terminal, which asks for it.',
      EXIT.usage,
    );
  }
  const typed = await ask({ prompt: 'Master key: ', silent: true, replace: '' });
  if (!typed) throw new CommandError('No master key was given.', EXIT.usage);
  return typed;
}

/** Has a person agree to what cannot be undone. @throws CommandError when he does not, or when nobody is there to ask. */
export async function agree(what: string, isAgreed: boolean): Promise<void> {
  if (isAgreed) return;
  if (!isPerson()) throw new CommandError(`${what} Add --yes to do it without a question.`, EXIT.usage);
  const answer = await ask({ prompt: `${plain(what)} Go on? (yes/no) ` });
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('Nothing was changed.', EXIT.usage);
}

async function ask(options: { prompt: string; silent?: boolean; replace?: string }): Promise<string> {
  try {
    return await read({ ...options, output: process.stderr });
  } catch {
    // Ctrl+C.
    throw new CommandError('Nothing was changed.', EXIT.usage);
  } finally {
    if (options.silent) process.stderr.write('\n');
  }
}
