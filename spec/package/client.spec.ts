import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { makeApp, ROOT, run, type App } from './support/packed';

let app: App;

beforeAll(() => (app = makeApp({ parse: 'parse' })));
afterAll(() => app?.remove());

/** What a command prints when it fails; an empty text when it does not. */
const failure = (command: Promise<unknown>) =>
  command.then(
    () => '',
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  );

describe('the package’s subpath `client`', () => {
  it('loads no other module, not even the SDK', async () => {
    const code = `require('parse-server-sessions/client'); console.log(JSON.stringify(Object.keys(require.cache)))`;
    expect(JSON.parse(await app.node('--eval', code))).toEqual([
      path.join(app.installed, 'dist/client/node.js'),
    ]);
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
    expect(await app.node(type, '--eval', code)).toBe('1');
  });

  describe('for resolvers that do not read `exports`', () => {
    const folder = () => path.join(app.installed, 'client');

    it('loads through require, and in Node logs out of parse/node by itself', async () => {
      // By its path a folder is resolved as those resolvers do it.
      const code = `const client = require(${JSON.stringify(folder())});
        const Parse = require('parse/node');
        Parse.User.logOut = async () => undefined;
        client.handleParseError({ code: 209 }, { onInvalidSession: () => console.log(typeof client.sessionsClient) });`;
      expect(await app.node('--input-type=commonjs', '--eval', code)).toBe('function');
    });

    it('is the same for bundlers as with `exports`', () => {
      const manifestIn = (at: string) => JSON.parse(readFileSync(path.join(at, 'package.json'), 'utf8'));
      const { main, module, browser, types } = manifestIn(folder());
      const resolved = [main, browser, module, types].map(one =>
        path.relative(app.installed, path.join(folder(), one)),
      );
      const { require: cjs, import: esm } = manifestIn(app.installed).exports['./client'];
      expect(resolved.map(one => `./${one}`)).toEqual([cjs.node, cjs.default, esm.default, cjs.types]);
    });

    it('has types', async () => {
      const text = `import { sessionsClient, type ClientSession } from 'parse-server-sessions/client';
        export const make = sessionsClient;
        export const name = (session: ClientSession): string | null => session.name;
        export const wrong = (session: ClientSession) => session.nonsense;`;
      app.write('old.ts', text);
      const compilerOptions = {
        noEmit: true,
        strict: true,
        target: 'es2022',
        module: 'commonjs',
        moduleResolution: 'node10',
        ignoreDeprecations: '6.0',
      };
      app.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['old.ts'] }));
      const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
      const errors = (await failure(run(process.execPath, [tsc, '-p', app.folder], { cwd: app.folder })))
        .trim()
        .split('\n');
      expect(errors).toEqual([expect.stringContaining("'nonsense' does not exist on type 'ClientSession'")]);
    }, 60_000);
  });
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
    const { metafile, outputFiles } = await build({
      absWorkingDir: app.folder,
      stdin: {
        contents: `export { ${name} } from 'parse-server-sessions/client';`,
        resolveDir: app.folder,
        sourcefile: 'app.js',
      },
      bundle: true,
      write: false,
      minify: true,
      metafile: true,
      format: 'esm',
      platform: 'browser',
    });
    return { files: Object.keys(metafile.inputs), text: outputFiles[0]!.text };
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
    const { files, text } = await bundleOf(name);
    expect(files.sort()).toEqual(['app.js', 'node_modules/parse-server-sessions/dist/client/index.mjs']);
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
});
