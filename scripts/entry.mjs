import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const require = createRequire(import.meta.url);

/** What the CommonJS file of an entry exports, by name. */
const namesOf = file => Object.keys(require(file)).sort();

/**
 * Writes an ES module that hands on what a CommonJS file exports. Whoever imports and whoever requires in one process
 * then have the same objects, and what the package remembers is there once.
 */
export async function writeModule(file) {
  const names = namesOf(file).join(', ');
  await writeFile(file.replace(/\.js$/, '.mjs'), `export { ${names} } from './${path.basename(file)}';\n`);
}

/**
 * Writes the types of an entry into one file, without those of the libraries that are bundled, and a file for `import`,
 * since `index.d.ts` counts as CommonJS in this package.
 */
export async function writeTypes(file, entry, tsconfig) {
  const bundle = await rollup({ input: entry, external: /^[^./]/, plugins: [dts({ tsconfig })] });
  const { output } = await bundle.generate({ format: 'es' });
  // Types alone are listed apart, but for classes, of which an entry may export the type only.
  const values = namesOf(file);
  const types = output[0].code.replace(/^export \{ (.*) \};$/m, (_, listed) => {
    const typesOnly = listed.split(', ').filter(name => !values.includes(name));
    const lines = [`export { ${values.join(', ')} };`];
    if (typesOnly.length > 0) lines.push(`export type { ${typesOnly.join(', ')} };`);
    return lines.join('\n');
  });
  const to = suffix => file.replace(/\.js$/, suffix);
  await writeFile(to('.d.ts'), types);
  await writeFile(to('.d.mts'), "export * from './index.js';\n");
}
