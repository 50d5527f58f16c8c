import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { writeModule, writeTypes } from './entry.mjs';
import { licencesOf } from './licences.mjs';

const root = path.resolve(import.meta.dirname, '..');
const folder = path.join(root, 'dist/server');
const { peerDependencies } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));

await rm(folder, { recursive: true, force: true });

// One file, with the libraries that it needs: a front end, which uses the client only, does not install them. It is not
// minified, so that a stack trace can be read.
const outfile = path.join(folder, 'index.js');
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/index.ts'],
  outfile,
  bundle: true,
  external: Object.keys(peerDependencies),
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  metafile: true,
});
await writeModule(outfile);
await writeTypes(outfile, path.join(root, 'src/index.ts'), path.join(root, 'tsconfig.build.json'));
await writeFile(path.join(folder, 'LICENSES.txt'), await licencesOf(metafile, root));
