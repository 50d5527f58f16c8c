import console from 'node:console';
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

for (const [use, imported, usual] of USES) {
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
  const gzipped = gzipSync(contents, { level: 9 }).length;
  const limit = Number(given ?? usual);
  console.log(`${use}: ${gzipped} bytes gzipped (${contents.length} minified), limit ${limit}`);
  if (gzipped > limit) {
    console.error(`${use}: ${gzipped - limit} bytes too many`);
    process.exitCode = 1;
  }
}
