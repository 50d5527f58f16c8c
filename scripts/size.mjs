import { execFileSync } from 'node:child_process';
import console from 'node:console';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');

/** What an app's page may pay, minified and gzipped, without the SDK: in bytes, by what it imports. */
const USES = [
  ['the whole client', '*', 6700],
  ['installSessionHandler and sessionsClient', '{ installSessionHandler, sessionsClient }', 5300],
  ['installSessionHandler alone', '{ installSessionHandler }', 4600],
  ['sessionsClient alone', '{ sessionsClient }', 1850],
  ['pairDevice alone', '{ pairDevice }', 1200],
];
/** One limit for all of them. */
const given = process.argv[2];

/** What a browser loads of a page, without the SDK. */
const PAGES = [
  ['the page for devices', ['devices.js', 'devices.css'], 60_000],
  ['the page for operators', ['admin.js', 'admin.css'], 90_000],
];

/** What npm downloads, and what it installs beside it, without Parse Server and the SDK. */
const TARBALL = 600_000;
const DEPENDENCIES = 0;

function judge(what, gzipped, fullSize, usual) {
  const limit = Number(given ?? usual);
  console.log(`${what}: ${gzipped} bytes gzipped (${fullSize}), limit ${limit}`);
  if (gzipped <= limit) return;
  console.error(`${what}: ${gzipped - limit} bytes too many`);
  process.exitCode = 1;
}

const gzipped = contents => gzipSync(contents, { level: 9 }).length;
const sum = (contents, size) => contents.reduce((total, one) => total + size(one), 0);

for (const [use, imported, limit] of USES) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: `export ${imported} from './src/client/index.ts';`, resolveDir: root },
    bundle: true,
    write: false,
    minify: true,
    packages: 'external',
    format: 'esm',
    platform: 'browser',
    target: 'es2020',
  });
  const [{ contents }] = outputFiles;
  judge(use, gzipped(contents), `${contents.length} minified`, limit);
}

for (const [page, files, limit] of PAGES) {
  const contents = files.map(file => readFileSync(path.join(root, 'dist/web', file)));
  judge(page, sum(contents, gzipped), `${sum(contents, one => one.length)} minified`, limit);
}

// As the build has left it: `npm run size` builds first.
const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
});
const [{ size, unpackedSize, entryCount }] = JSON.parse(packed);
judge('the tarball', size, `${unpackedSize} installed, ${entryCount} files`, TARBALL);

const { dependencies = {} } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const names = Object.keys(dependencies);
console.log(`installed beside it: ${names.length} packages, limit ${DEPENDENCIES}`);
if (names.length > DEPENDENCIES) {
  console.error(`too many packages are installed beside it: ${names.join(', ')}`);
  process.exitCode = 1;
}
