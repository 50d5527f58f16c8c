import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const inFolder = (folder: string) => readdirSync(path.join(root, folder)).map(name => `${folder}/${name}`);

const { version, scripts, engines } = JSON.parse(read('package.json'));

const WORKFLOWS = inFolder('.github/workflows');
const TEXTS = ['CONTRIBUTING.md', 'SECURITY.md', '.changeset/README.md', '.github/pull_request_template.md'];

const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => found!);

describe.each([...TEXTS, ...WORKFLOWS])('%s', file => {
  it('names npm scripts that are there', () => {
    const named = matches(read(file), /(?:npm run |npm (?=test\b|start\b))([\w:.-]*\w)/g);
    expect(named.filter(name => !(name in scripts))).toEqual([]);
  });

  it('names files that are there', () => {
    const links = matches(read(file), /\]\((?!https?:|#)([^)#]+)/g).map(link =>
      path.join(path.dirname(file), link),
    );
    const commands = matches(read(file), /(?<![\w/])(\.ci\/[\w/]+)(?=[ `\n])/g);
    expect([...links, ...commands].filter(named => !existsSync(path.join(root, named)))).toEqual([]);
  });
});

describe('the versions of Node.js', () => {
  const majors = (text: string) => [...new Set(matches(text, /\b(\d+)(?:\.\d+)*\b/g).map(Number))].sort();
  /** Each with the lowest version of it that Parse Server takes. */
  const supported: string[] = matches(engines.node, />=(\d+\.\d+)/g);

  it('are the same in package.json, the README and the workflow', () => {
    const readme = read('README.md')
      .split('\n')
      .find(line => line.includes('Node.js'))!;
    const [matrix] = matches(read('.github/workflows/ci.yml'), /node: \[(.*)\]/g);
    expect(supported).toHaveLength(3);
    expect(majors(readme)).toEqual(majors(supported.join(' ')));
    expect(majors(matrix!)).toEqual(majors(supported.join(' ')));
  });

  it('have the one of .nvmrc among them', () => {
    expect(majors(supported.join(' '))).toContain(Number(read('.nvmrc')));
  });
});

it('CHANGELOG.md has an entry for this version', () => {
  expect(read('CHANGELOG.md')).toMatch(new RegExp(`^## ${version.replaceAll('.', '\\.')}\\n\\n\\S`, 'm'));
});
