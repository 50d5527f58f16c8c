import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '../..');
const text = readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8');
const contentsOf = (file: string) => readFileSync(path.join(root, file), 'utf8');

describe('ARCHITECTURE.md', () => {
  it('lists the folders of src/, all of them and no other', () => {
    const listed = [...text.matchAll(/^\| `(src\/[\w-]+)\/`/gm)].map(([, folder]) => folder);
    const folders = readdirSync(path.join(root, 'src'), { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(({ name }) => `src/${name}`);
    expect(listed.sort()).toEqual(folders.sort());
  });

  const files = new Set([...text.matchAll(/`((?:src|spec)\/[\w/-]+\.ts)`/g)].map(([, file]) => file!));

  it.each([...files])('names a file that is there: %s', file => {
    expect(contentsOf(file)).not.toBe('');
  });

  // `name` (`file`), or several names before one file.
  const steps = [...text.matchAll(/((?:`\w+`(?: and |, )?)+)\s+\(`(src\/[\w/-]+\.ts)`\)/g)].flatMap(
    ([, names, file]) => [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => [name!, file!] as const),
  );

  it('walks through more than a few functions', () => {
    expect(steps.length).toBeGreaterThan(25);
  });

  it.each(steps)('finds %s in %s', (name, file) => {
    const declaration = new RegExp(`(function\\*? |const |^ +(async |get )?)${name}\\b[^\\n]*[({=]`, 'm');
    expect(contentsOf(file)).toMatch(declaration);
  });
});
