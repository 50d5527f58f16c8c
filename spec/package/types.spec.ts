import path from 'node:path';
import { makeApp, ROOT, run, type App } from './support/packed';

let app: App;

beforeAll(() => {
  app = makeApp({ parse: 'parse', 'parse-server': 'parse-server', '@types/node': '@types/node' });
});
afterAll(() => app?.remove());

const RESOLUTIONS = [
  { module: 'node16', moduleResolution: 'node16', extensions: ['mts', 'cts'] },
  { module: 'nodenext', moduleResolution: 'nodenext', extensions: ['mts', 'cts'] },
  { module: 'esnext', moduleResolution: 'bundler', extensions: ['ts'] },
];

interface Complaint {
  file: string;
  told: string;
}

/** What TypeScript has against an app of these sources, each in a file for each kind of module. */
async function complaints(
  app: App,
  sources: Record<string, string>,
  { extensions, ...resolution }: (typeof RESOLUTIONS)[number],
  skipLibCheck = false,
): Promise<Complaint[]> {
  const files = Object.entries(sources).flatMap(([name, source]) =>
    extensions.map(extension => path.basename(app.write(`${name}.${extension}`, source))),
  );
  const compilerOptions = {
    ...resolution,
    skipLibCheck,
    // TypeScript's own.
    skipDefaultLibCheck: true,
    strict: true,
    noEmit: true,
    target: 'es2022',
    types: ['node'],
  };
  app.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [tsc, '-p', app.folder], { cwd: app.folder }).catch(
    (error: { stdout: string }) => error,
  );
  return [...stdout.matchAll(/^(\S+?)\(\d+,\d+\): (error TS.*)$/gm)].map(([, file, told]) => ({
    file: file!,
    told: told!,
  }));
}

const BOTH = `
  import Parse from 'parse/node';
  import { ErrorCode, parseSessions, type SessionFileSet, type Sessions, type SessionStore } from 'parse-server-sessions';
  import { installSessionHandler, sessionsClient, type ClientSession } from 'parse-server-sessions/client';

  export const sessions: Sessions = parseSessions({ guard: ['Invoice'], expiry: { restricted: { idle: '30d' } } });
  export const store: SessionStore = sessions.store;
  export const files: SessionFileSet = sessions.files('session');
  export const forbidden: 119 = ErrorCode.OPERATION_FORBIDDEN;
  installSessionHandler(Parse, { onInvalidSession: () => undefined });
  export const names: Promise<(string | null)[]> = sessionsClient(Parse)
    .list()
    .then((listed: ClientSession[]) => listed.map(session => session.name));
`;

const WRONG = `
  import { parseSessions, SessionStore } from 'parse-server-sessions';
  import { sessionsClient } from 'parse-server-sessions/client';
  parseSessions({ gard: ['Invoice'] });
  export const store = SessionStore;
  export const client: number = sessionsClient;
`;

const WITH_PARSE_SERVER = `
  import { ParseServer } from 'parse-server';
  import { parseSessions } from 'parse-server-sessions';
  export const server = ParseServer(parseSessions().configure({ appId: 'app', cloud: './cloud/main' }) as never);
`;

it.each(RESOLUTIONS)(
  'TypeScript with moduleResolution $moduleResolution knows the types, and checks them with those of the SDK',
  async resolution => {
    const told = await complaints(app, { right: BOTH, wrong: WRONG }, resolution);
    expect(told.filter(({ file }) => !file.startsWith('wrong.'))).toEqual([]);
    // For each kind of module.
    for (const extension of resolution.extensions)
      expect(told.filter(({ file }) => file === `wrong.${extension}`)).toEqual([
        expect.objectContaining({ told: expect.stringContaining("'gard' does not exist in type") }),
        expect.objectContaining({
          told: expect.stringContaining("'SessionStore' cannot be used as a value"),
        }),
        expect.objectContaining({ told: expect.stringContaining("is not assignable to type 'number'") }),
      ]);
  },
  60_000,
);

it('an app that imports Parse Server needs skipLibCheck for that, not for this package', async () => {
  const [resolution] = RESOLUTIONS as [(typeof RESOLUTIONS)[number]];
  expect(await complaints(app, { server: WITH_PARSE_SERVER }, resolution, true)).toEqual([]);
  // Parse Server's types import files that it does not ship, such as types/Adapters/Cache/CacheAdapter.
  const told = await complaints(app, { server: WITH_PARSE_SERVER }, resolution);
  expect(told.length).toBeGreaterThan(0);
  expect(told.filter(({ file }) => !file.includes('node_modules/parse-server/'))).toEqual([]);
}, 60_000);

it('a client has types with version 7 of the SDK too', async () => {
  const client = `
    import Parse from 'parse';
    import { installSessionHandler, sessionsClient } from 'parse-server-sessions/client';
    installSessionHandler(Parse, { onInvalidSession: () => undefined });
    export const sessions = sessionsClient(Parse);
    export const wrong: number = sessions;
  `;
  const older = makeApp({ parse: 'parse-7', '@types/node': '@types/node' });
  try {
    const bundler = RESOLUTIONS[2]!;
    expect(await complaints(older, { client }, bundler)).toEqual([
      expect.objectContaining({ told: expect.stringContaining("is not assignable to type 'number'") }),
    ]);
  } finally {
    older.remove();
  }
}, 60_000);
