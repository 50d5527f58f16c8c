import { rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { writeModule, writeTypes } from './entry.mjs';

const root = path.resolve(import.meta.dirname, '..');
const outdir = path.join(root, 'dist/client');

await rm(outdir, { recursive: true, force: true });

const bundle = (format, platform, extension, entries) =>
  build({
    absWorkingDir: root,
    entryPoints: entries.map(entry => `src/client/${entry}.ts`),
    outdir,
    outExtension: { '.js': extension },
    bundle: true,
    packages: 'external',
    format,
    platform,
    // Browsers and Hermes of 2022; `Object.hasOwn` is the newest that the code calls.
    target: 'es2020',
    // To CommonJS `parse/node` comes by `require`: the SDK's version 7 has no `exports` by which `import` would find it.
    supported: { 'dynamic-import': format === 'esm' },
  });

await bundle('cjs', 'node', '.js', ['index', 'node']);
// Node gets one copy, whether by `import` or by `require`; bundlers and browsers get an ES module of its own.
await bundle('esm', 'neutral', '.mjs', ['index']);
await writeModule(path.join(outdir, 'node.js'));
await writeTypes(
  path.join(outdir, 'index.js'),
  path.join(root, 'src/client/index.ts'),
  path.join(root, 'tsconfig.client.json'),
);
