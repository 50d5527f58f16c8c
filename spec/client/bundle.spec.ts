import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  cpSync(path.join(ROOT, 'client'), path.join(installed, 'client'), { recursive: true });
  const dist = path.join(installed, 'dist');
  await run(process.execPath, [tsc, '-p', path.join(ROOT, 'tsconfig.client.json'), '--outDir', dist]);
  await run(process.execPath, [path.join(ROOT, 'scripts/build-client.mjs'), path.join(dist, 'client')]);
}, 60_000);

afterAll(() => rmSync(home, { recursive: true, force: true }));

const NAMES = [
  'handleParseError',
  'installSessionHandler',
  'isInvalidSessionError',
  'pairDevice',
  'redirectInvalidSession',
  'refusalOf',
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

  it('names no source maps, because none are shipped', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files.filter(name => name.endsWith('.map'))).toEqual([]);
    const built = files.filter(name => /\.m?js$/.test(name));
    expect(built.length).toBeGreaterThan(8);
    const texts = built.map(name => readFileSync(path.join(installed, name), 'utf8'));
    expect(texts.filter(text => text.includes('sourceMappingURL'))).toEqual([]);
  });

  describe('for resolvers that do not read `exports`', () => {
    const folder = path.join(installed, 'client');
    const { main, module, browser, types } = JSON.parse(
      readFileSync(path.join(ROOT, 'client/package.json'), 'utf8'),
    );

    it('is packed', () => {
      const { files } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
      expect(files).toContain('client');
    });

    it('loads through require, and in Node logs out of parse/node by itself', async () => {
      // By its path a folder is resolved as those resolvers do it.
      const code = `const client = require(${JSON.stringify(folder)});
        const Parse = require('parse/node');
        Parse.User.logOut = async () => undefined;
        client.handleParseError({ code: 209 }, { onInvalidSession: () => console.log(JSON.stringify(Object.keys(client).sort())) });`;
      expect(JSON.parse(await node('--input-type=commonjs', '--eval', code))).toEqual(NAMES);
    });

    it('is the same for bundlers as with `exports`', () => {
      const resolved = [main, browser, module, types].map(one =>
        path.relative(installed, path.join(folder, one)),
      );
      const { require: cjs, import: esm } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
        .exports['./client'];
      expect(resolved.map(one => `./${one}`)).toEqual([cjs.node, cjs.default, esm.default, cjs.types]);
    });

    it('has types', async () => {
      const text = `import { sessionsClient, type ClientSession } from 'parse-server-sessions/client';
        export const make = sessionsClient;
        export const name = (session: ClientSession): string | null => session.name;
        export const wrong = (session: ClientSession) => session.nonsense;`;
      writeFileSync(path.join(home, 'old.ts'), text);
      const old = { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' };
      const tsconfig = { compilerOptions: { ...compilerOptions, ...old }, files: ['old.ts'] };
      writeFileSync(path.join(home, 'tsconfig.json'), JSON.stringify(tsconfig));
      const errors = (await failure(run(process.execPath, [tsc, '-p', home]))).trim().split('\n');
      expect(errors).toEqual([expect.stringContaining("'nonsense' does not exist on type 'ClientSession'")]);
    }, 60_000);
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

  /** What an app gets that imports one name from the installed package. */
  async function bundleOf(name: string) {
    const { outputFiles } = await build({
      stdin: {
        contents: `export { ${name} } from './client/index.mjs';`,
        resolveDir: path.join(installed, 'dist'),
      },
      bundle: true,
      write: false,
      minify: true,
      packages: 'external',
      format: 'esm',
    });
    return outputFiles[0]!;
  }

  it('there is no server code and no import at all', async () => {
    const { foreign, imports, text } = await bundle('src/client/index.ts');
    expect(foreign).toEqual([]);
    expect(imports).toEqual([]);
    expect(text).not.toMatch(/\brequire\(|\bprocess\.\w|\bBuffer\b|from ["']node:|masterKey:/);
  });

  it.each([
    ['sameSitePath', 300],
    ['isInvalidSessionError', 800],
    ['handleParseError', 1500],
    ['redirectInvalidSession', 1900],
    ['sessionsClient', 4200],
    ['pairDevice', 2400],
  ])('whoever imports %s alone does not get the rest: below %i bytes', async (name, limit) => {
    const { text } = await bundleOf(name);
    expect(text).toContain(name);
    expect(text.length).toBeLessThan(limit);
    expect(text).not.toContain('already installed');
    if (name !== 'handleParseError') expect(text).not.toContain('handleParseError: ');
  });

  it('this would be noticed: the server half does not pass', async () => {
    const { foreign, imports } = await bundle('src/index.ts');
    expect(foreign.length).toBeGreaterThan(10);
    expect(imports).toContain('zod');
  });

  it('whoever pairs devices gets nothing that needs the SDK', async () => {
    const { text } = await bundleOf('pairDevice');
    expect(text).not.toMatch(/CoreManager|logOut|getSession|Parse SDK/);
    expect((await bundleOf('sessionsClient')).text).toMatch(/CoreManager.*getSession/s);
  });

  it('each use stays below its limit, and the check fails above one', async () => {
    const script = path.join(ROOT, 'scripts/size.mjs');
    const { stdout } = await run(process.execPath, [script]);
    const uses = stdout.trimEnd().split('\n');
    expect(uses).toHaveLength(7);
    for (const use of uses)
      expect(use).toMatch(/^[\w ]+: \d{3,5} bytes gzipped \(\d{4,6} minified\), limit \d{4,5}$/);
    const output = await failure(run(process.execPath, [script, '1000']));
    expect(output.match(/^[\w ]+: \d+ bytes too many$/gm)).toHaveLength(uses.length);
  });
});
