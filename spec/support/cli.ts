import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { APP_ID, MASTER_KEY } from './server';

/** What the build has made of the command. */
const CLI = path.join(__dirname, '../../dist/cli/main.js');

export interface CliAnswer {
  code: number;
  stdout: string;
  stderr: string;
  /** Standard output as JSON. */
  json(): any;
}

interface CliOptions {
  /** The master key in the environment; `null` for none. */
  key?: string | null;
  env?: Record<string, string>;
  /** What is typed, on a terminal. */
  typed?: string;
  /** Where standard error goes, of what is typed to. @default the terminal */
  stderr?: string;
}

/** Where the command finds a server by its environment. */
export const atServer = (url: string) => ({ PARSE_SERVER_URL: url, PARSE_SERVER_APPLICATION_ID: APP_ID });

/** `script` of util-linux has a command believe that a terminal is there. */
export const hasTerminal = spawnSync('script', ['--version']).status === 0;
export const NO_TERMINAL = 'no "script" of util-linux is installed';

/** Runs the command, without a terminal unless something is typed. */
export function runCli(
  args: string[],
  { key = MASTER_KEY, env = {}, typed, stderr = '' }: CliOptions = {},
): Promise<CliAnswer> {
  const own = { PATH: process.env.PATH!, ...(key !== null && { PARSE_SERVER_MASTER_KEY: key }), ...env };
  const quoted = [process.execPath, CLI, ...args].map(arg => `'${arg.replaceAll("'", "'\\''")}'`).join(' ');
  const line = stderr ? `${quoted} 2>${stderr}` : quoted;
  const [file, given] =
    typed === undefined ? [process.execPath, [CLI, ...args]] : ['script', ['-qec', line, '/dev/null']];
  return new Promise(resolve => {
    const child = execFile(file, given, { env: own }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : 0;
      resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) });
    });
    // A command that asks nothing may be gone by now.
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(typed);
  });
}
