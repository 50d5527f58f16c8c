import { startServer, type SpecServer } from '../support/server';

const { version } = jest.requireActual('../../package.json');

let server: SpecServer | undefined;
afterEach(() => server?.stop());

/** The lines of the log in which a start says how sessions are set up. */
async function summary(options: object, parseServer: object = {}): Promise<string[]> {
  const lines: string[] = [];
  const log = (level: string, message: unknown) => {
    if (level === 'info' && String(message).startsWith(`parse-server-sessions ${version}`))
      lines.push(String(message));
  };
  server = await startServer(options, { silent: false, loggerAdapter: { log }, ...parseServer });
  return lines;
}

it.each<[string, object, string]>([
  [
    'by default',
    {},
    'guards _User, _Session, _Role; 20 functions; indexes made; no purge in this process; cache of this process.',
  ],
  [
    'with options',
    {
      guard: ['Invoice', '_User'],
      guardFiles: true,
      functionPrefix: 'auth_',
      indexes: false,
      purge: { schedule: '0 4 * * *' },
      pairing: { verificationUri: 'https://example.com/pair' },
    },
    'guards _User, _Session, _Role, Invoice and files; 25 functions (auth_…); indexes left to you; purge at "0 4 * * *"; cache of this process.',
  ],
  [
    'with all classes but some',
    { guard: { except: ['Telemetry'] } },
    'guards all classes except Telemetry; 20 functions; indexes made; no purge in this process; cache of this process.',
  ],
])('one line of the log tells at the start how sessions are set up: %s', async (_what, options, line) => {
  expect(await summary(options)).toEqual([`parse-server-sessions ${version}: ${line}`]);
});
