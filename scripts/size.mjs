import console from 'node:console';
import path from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** 3.5 kB: what an app's page may pay for the whole client helper, minified and gzipped, without the SDK. */
const limit = Number(process.argv[2] ?? 3500);

const { outputFiles } = await build({
  absWorkingDir: path.resolve(import.meta.dirname, '..'),
  entryPoints: ['src/client/index.ts'],
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
console.log(`client: ${gzipped} bytes gzipped (${contents.length} minified), limit ${limit}`);
if (gzipped > limit) {
  console.error(`client: ${gzipped - limit} bytes too many`);
  process.exitCode = 1;
}
