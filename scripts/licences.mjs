import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The licences of what is bundled. Each wants to be handed on.
 * @param inputs the files of a bundle, as esbuild's `metafile` has them.
 * @param root the folder that they are relative to.
 */
export async function licencesOf({ inputs }, root) {
  const folders = Object.keys(inputs).flatMap(
    file => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? [],
  );
  const texts = [...new Set(folders)].sort().map(async folder => {
    const { name, version } = JSON.parse(await readFile(path.join(root, folder, 'package.json')));
    const entries = await readdir(path.join(root, folder));
    const licence = entries.find(entry => /^licen[cs]e/i.test(entry));
    if (!licence) throw new Error(`${name}: where is its licence?`);
    // The Apache License wants a file NOTICE to be handed on, too.
    const files = [licence, ...entries.filter(entry => /^notice/i.test(entry))];
    const contents = files.map(file => readFile(path.join(root, folder, file), 'utf8'));
    return `${name} ${version}\n\n${(await Promise.all(contents)).join('\n')}`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`);
}
