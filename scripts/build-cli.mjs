import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { licencesOf } from './licences.mjs';

const root = path.resolve(import.meta.dirname, '..');
const folder = path.join(root, 'dist/cli');

// One file, with the libraries that it needs: whoever only mounts the package does not install them.
const outfile = path.join(folder, 'main.js');
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outfile,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  banner: { js: '#!/usr/bin/env node' },
  metafile: true,
  logLevel: 'warning',
});
await chmod(outfile, 0o755);
await writeFile(path.join(folder, 'LICENSES.txt'), await licencesOf(metafile, root));
