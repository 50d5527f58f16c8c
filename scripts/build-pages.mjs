import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { licencesOf } from './licences.mjs';

const root = path.resolve(import.meta.dirname, '..');
/** The pages of the package, each in a folder of `src/web`. */
const PAGES = ['devices', 'admin'];
const FOLDER = path.join(root, 'dist/web');

const bundle = (entryPoints, outdir) =>
  build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    metafile: true,
    define: { 'process.env.NODE_ENV': '"production"' },
  });

/** A page's words in English, for whoever writes others, and for the server to check those. */
async function wordsOf(page) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [`src/web/${page}/words-en.ts`],
    bundle: true,
    write: false,
    format: 'esm',
  });
  const { en } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  // `{name}` stands where something is filled in.
  const places = new Proxy({}, { get: (_, name) => `{${String(name)}}` });
  const textOf = word => (typeof word === 'function' ? word(places) : word);
  return [page, Object.fromEntries(Object.entries(en).map(([key, word]) => [key, textOf(word)]))];
}

const mains = Object.fromEntries(PAGES.map(page => [page, `src/web/${page}/main.tsx`]));
// The SDK is a file of its own: a browser that has it keeps it.
const { metafile } = await bundle({ sdk: 'src/web/sdk.ts', ...mains }, FOLDER);
await writeFile(path.join(FOLDER, 'LICENSES.txt'), await licencesOf(metafile, root));
const words = Object.fromEntries(await Promise.all(PAGES.map(wordsOf)));
await writeFile(path.join(FOLDER, 'words.json'), `${JSON.stringify(words, null, 2)}\n`);

// The page that "npm start" shows at /, bundled as an app bundles its own. It is no part of the package.
await bundle({ example: 'demo/page/main.tsx' }, path.join(root, '.cache/demo'));
