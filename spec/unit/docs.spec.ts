import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '../..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

describe('the README', () => {
  const linked = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, file]) => file!);
  const pictures = linked.filter(file => file.endsWith('.png'));

  it.each([...new Set(linked)])('links to what is there: %s', file => {
    expect(statSync(path.join(root, file)).size).toBeGreaterThan(0);
  });

  it('has two pictures, small enough for a telephone', () => {
    expect(pictures).toHaveLength(2);
    for (const picture of pictures) expect(statSync(path.join(root, picture)).size).toBeLessThan(150_000);
  });

  it('links to parts of itself that are there', () => {
    const anchors = new Set(
      [...readme.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
        heading!
          .toLowerCase()
          .replace(/[^\w\s-]/g, '')
          .replaceAll(' ', '-'),
      ),
    );
    const wanted = [...readme.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!);
    expect(wanted.filter(anchor => !anchors.has(anchor))).toEqual([]);
  });
});
