import type { Command } from 'commander';
import { masterKey } from './ask';
import { CommandError, EXIT } from './failure';
import { makeOutput, type Output } from './output';
import { Server } from './server';

/** What every command takes. */
interface GlobalOptions {
  serverUrl?: string;
  appId?: string;
  functionPrefix: string;
  json?: true;
  insecure?: true;
}

/** What a command works with. */
export interface Context {
  server: Server;
  output: Output;
}

/** @throws CommandError for what is missing, and for a key that would go over the net in plain text. */
export async function contextOf(command: Command): Promise<Context> {
  const { serverUrl, appId, functionPrefix, json, insecure } = command.optsWithGlobals<GlobalOptions>();
  if (!serverUrl) throw missing('--server-url', 'PARSE_SERVER_URL');
  if (!appId) throw missing('--app-id', 'PARSE_SERVER_APPLICATION_ID');
  requireSafe(serverUrl, insecure === true);
  const server = new Server({ serverUrl, appId, functionPrefix, masterKey: await masterKey() });
  return { server, output: makeOutput(json === true) };
}

const missing = (option: string, variable: string) =>
  new CommandError(`Which Parse Server? Give ${option}, or set ${variable}.`, EXIT.usage);

function requireSafe(serverUrl: string, isInsecure: boolean): void {
  const url = URL.canParse(serverUrl) ? new URL(serverUrl) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CommandError('--server-url takes an address such as https://example.com/parse.', EXIT.usage);
  }
  if (url.username || url.password) {
    throw new CommandError('--server-url takes an address without a user and a password.', EXIT.usage);
  }
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'https:' || isHere || isInsecure) return;
  throw new CommandError(
    'The master key would go over the net in plain text: use https, or --insecure in a network of your own.',
    EXIT.usage,
  );
}
