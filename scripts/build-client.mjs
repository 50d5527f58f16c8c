import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const outdir = path.resolve(root, process.argv[2] ?? 'dist/client');

// The CommonJS half and the types come from tsc; here is the ES module half, for bundlers, browsers and Node.
await build({
  absWorkingDir: root,
  entryPoints: ['src/client/index.ts', 'src/client/node.ts'],
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'neutral',
  // Browsers and Hermes of 2022; `Object.hasOwn` is the newest that the code calls.
  target: 'es2020',
});

// A type file of its own for `import`: index.d.ts counts as CommonJS in this package.
await writeFile(path.join(outdir, 'index.d.mts'), "export * from './index.js';\n");
