import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { makeApp, ROOT, run, type App } from './support/packed';

let app: App;

beforeAll(() => (app = makeApp()));
afterAll(() => app?.remove());

const manifest = () => JSON.parse(readFileSync(path.join(app.installed, 'package.json'), 'utf8'));
const files = () => readdirSync(app.installed, { recursive: true, encoding: 'utf8' });
const textOf = (file: string) => readFileSync(path.join(app.installed, file), 'utf8');

/** Whatever `exports` leads to. */
const targets = (node: unknown): string[] =>
  typeof node === 'string' ? [node] : Object.values(node as object).flatMap(targets);

it('whoever installs it installs nothing else', () => {
  expect(readdirSync(path.join(app.folder, 'node_modules')).filter(name => !name.startsWith('.'))).toEqual([
    'parse-server-sessions',
  ]);
});

it('has all files that its package.json names', () => {
  const { main, types, exports, bin } = manifest();
  const named = [main, types, ...targets(exports), ...targets(bin)];
  expect(named.length).toBeGreaterThan(12);
  expect(named.filter(file => !existsSync(path.join(app.installed, file)))).toEqual([]);
});

it('has no spec, no source in TypeScript and no source map', () => {
  const odd = files().filter(file => /(^|\/)(spec|src|bench|demo)\/|(?<!\.d)\.m?tsx?$|\.map$/.test(file));
  expect(odd).toEqual([]);
  const built = files().filter(file => /\.m?js$/.test(file));
  expect(built.length).toBeGreaterThan(8);
  expect(built.filter(file => textOf(file).includes('sourceMappingURL'))).toEqual([]);
});

it.each([
  ['server', ['bowser', 'croner', 'lru-cache', 'ms', 'zod']],
  ['web', ['lean-qr', 'parse', 'preact', 'uplot']],
  ['cli', ['cli-progress', 'cli-table3', 'commander', 'read']],
])('hands on the licences of what dist/%s has of others', (folder, libraries) => {
  const licences = textOf(`dist/${folder}/LICENSES.txt`);
  const named = [...licences.matchAll(/(?:^|-{80}\n\n)(\S+) \d+\.\d+\.\d+.*\n\n/g)].map(([, name]) => name);
  expect(named).toEqual(expect.arrayContaining(libraries));
  for (const name of named) expect(licences).toMatch(new RegExp(`${name} [^]*(copyright|licen[cs]e)`, 'i'));
});

it('hands on the notice of the SDK, as its licence wants it', () => {
  expect(textOf('dist/web/LICENSES.txt')).toContain('includes software developed at Parse Platform');
});

describe('its command', () => {
  const command = (...args: string[]) =>
    run(path.join(app.folder, 'node_modules/.bin/parse-server-sessions'), args, { cwd: app.folder });

  it('tells its version', async () => {
    expect((await command('--version')).stdout).toBe(`${manifest().version}\n`);
  });

  it('tells what it takes', async () => {
    const { stdout } = await command('--help');
    expect(stdout).toMatch(/^Usage: parse-server-sessions .*\n/);
    expect(stdout).toContain('doctor');
  });
});

it('whatever has a size stays below its limit, and the check fails above one', async () => {
  const script = path.join(ROOT, 'scripts/size.mjs');
  const { stdout } = await run(process.execPath, [script]);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.pop()).toBe('installed beside it: 0 packages, limit 0');
  expect(lines).toHaveLength(8);
  for (const line of lines) expect(line).toMatch(/^[\w ]+: \d{3,6} bytes gzipped \(.*\), limit \d{4,6}$/);
  const { stderr, code } = await run(process.execPath, [script, '1000']).catch(error => error);
  expect(code).toBe(1);
  expect(stderr.match(/^[\w ]+: \d+ bytes too many$/gm)).toHaveLength(lines.length);
}, 30_000);
