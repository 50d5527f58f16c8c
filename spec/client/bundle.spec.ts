import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { ROOT } from './support/client-process';

const run = promisify(execFile);
const home = path.join(ROOT, `.cache/specs/consumer-${process.pid}`);
const installed = path.join(home, 'node_modules/parse-server-sessions');
const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');

const node = async (...args: string[]) => (await run(process.execPath, args, { cwd: home })).stdout.trim();

/** What a command prints when it fails; an empty text when it does not. */
const failure = (command: Promise<unknown>) =>
  command.then(
    () => '',
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  );

// An app that has installed the package, its client half built by the commands of `npm run build`.
beforeAll(async () => {
  mkdirSync(installed, { recursive: true });
  // Without a package of its own the app would count as a part of this one.
  writeFileSync(path.join(home, 'package.json'), '{ "name": "app" }');
  writeFileSync(path.join(installed, 'package.json'), readFileSync(path.join(ROOT, 'package.json')));
  const dist = path.join(installed, 'dist');
  await run(process.execPath, [tsc, '-p', path.join(ROOT, 'tsconfig.client.json'), '--outDir', dist]);
  await run(process.execPath, [path.join(ROOT, 'scripts/build-client.mjs'), path.join(dist, 'client')]);
}, 60_000);

afterAll(() => rmSync(home, { recursive: true, force: true }));

const NAMES = [
  'handleParseError',
  'installSessionHandler',
  'isInvalidSessionError',
  'redirectInvalidSession',
  'sameSitePath',
  'sessionsClient',
];

const compilerOptions = {
  noEmit: true,
  strict: true,
  module: 'node16',
  target: 'es2022',
  types: ['node'],
  // The SDK's own types need it.
  skipLibCheck: true,
};

describe('the package’s subpath `client`', () => {
  it('loads as an ES module', async () => {
    const code = `import * as client from 'parse-server-sessions/client'; console.log(JSON.stringify(Object.keys(client).sort()))`;
    expect(JSON.parse(await node('--input-type=module', '--eval', code))).toEqual(NAMES);
  });

  it('loads through require', async () => {
    const code = `console.log(JSON.stringify(Object.keys(require('parse-server-sessions/client')).sort()))`;
    expect(JSON.parse(await node('--eval', code))).toEqual(NAMES);
  });

  it('loads no other module, not even the SDK', async () => {
    const code = `require('parse-server-sessions/client'); console.log(JSON.stringify(Object.keys(require.cache)))`;
    const modules: string[] = JSON.parse(await node('--eval', code));
    expect(modules.length).toBeGreaterThan(1);
    expect(modules.filter(name => !name.startsWith(path.join(installed, 'dist/client/')))).toEqual([]);
  });

  it.each([
    [
      '--input-type=module',
      `import Parse from 'parse/node'; import { handleParseError } from 'parse-server-sessions/client';`,
    ],
    [
      '--input-type=commonjs',
      `const Parse = require('parse/node'); const { handleParseError } = require('parse-server-sessions/client');`,
    ],
  ])('in Node logs out of parse/node by itself (%s)', async (type, imports) => {
    const code = `${imports}
      let loggedOut = 0;
      Parse.User.logOut = async () => { loggedOut += 1; };
      handleParseError({ code: 209 }, { onInvalidSession: () => console.log(loggedOut) });`;
    expect(await node(type, '--eval', code)).toBe('1');
  });

  it.each(['app.mts', 'app.cts'])(
    'has types for both kinds of module (%s)',
    async name => {
      const app = (options: string) => `
      import Parse = require('parse');
      import { installSessionHandler, sessionsClient, type ClientSession } from 'parse-server-sessions/client';
      installSessionHandler(Parse.default, ${options});
      export const names: Promise<Date[]> = sessionsClient(Parse.default)
        .list()
        .then((sessions: ClientSession[]) => sessions.map(session => session.createdAt));
    `;
      const check = (options: string) => {
        writeFileSync(path.join(home, name), app(options));
        writeFileSync(path.join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [name] }));
        return failure(run(process.execPath, [tsc, '-p', home]));
      };
      expect(await check('{ onInvalidSession: () => undefined }')).toBe('');
      expect(await check('{ onInvalidSesion: () => undefined }')).toContain('onInvalidSesion');
    },
    60_000,
  );
});

describe('in a browser bundle', () => {
  async function bundle(entry: string) {
    const { metafile, outputFiles } = await build({
      absWorkingDir: ROOT,
      entryPoints: [entry],
      bundle: true,
      write: false,
      metafile: true,
      packages: 'external',
      format: 'esm',
      platform: 'browser',
    });
    const foreign = Object.keys(metafile.inputs).filter(input => !input.startsWith('src/client/'));
    const imports = Object.values(metafile.outputs).flatMap(output => output.imports.map(one => one.path));
    return { foreign, imports, text: outputFiles[0]!.text };
  }

  it('there is no server code and no import at all', async () => {
    const { foreign, imports, text } = await bundle('src/client/index.ts');
    expect(foreign).toEqual([]);
    expect(imports).toEqual([]);
    expect(text).not.toMatch(/\brequire\(|\bprocess\.\w|\bBuffer\b|from ["']node:|masterKey:/);
  });

  it('this would be noticed: the server half does not pass', async () => {
    const { foreign, imports } = await bundle('src/index.ts');
    expect(foreign.length).toBeGreaterThan(10);
    expect(imports).toContain('zod');
  });

  it('it stays below 3 kB gzipped, and the check fails above its limit', async () => {
    const script = path.join(ROOT, 'scripts/size.mjs');
    const { stdout } = await run(process.execPath, [script]);
    expect(Number(/(\d+) bytes gzipped/.exec(stdout)![1])).toBeLessThanOrEqual(3000);
    expect(await failure(run(process.execPath, [script, '1000']))).toContain('bytes too many');
  });
});
