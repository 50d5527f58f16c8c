import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ATTEMPTS } from '../../src/attempts/attempts';
import { notMounted } from '../../src/doctor/doctor';
import { DEVICES } from '../../src/events/known-devices';
import { FILES } from '../../src/files/session-files';
import { historyFunctions } from '../../src/functions/history-functions';
import { sessionJobs } from '../../src/functions/jobs';
import { operatorFunctions } from '../../src/functions/operator-functions';
import { pairingFunctions } from '../../src/functions/pairing-functions';
import { reportFunctions } from '../../src/functions/report-functions';
import { sessionFunctions } from '../../src/functions/session-functions';
import { stepUpFunctions } from '../../src/functions/step-up-functions';
import { RECORDS } from '../../src/history/record';
import { PAIRINGS } from '../../src/pairing/pairing-class';
import { SESSIONS } from '../../src/schema/columns';
import {
  bracketErrors,
  callsOf,
  documents,
  ROOT,
  scriptsOf,
  shellErrors,
  signatureErrors,
  typeErrors,
  type Block,
} from '../support/documents';

const all = documents();
const readme = all[0]!;
const blocks = all.flatMap(document => document.blocks);
const of = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));

/** The code of `src/`, by the names of its files there. */
const sources = (isMeant: (name: string) => boolean = () => true) =>
  readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && isMeant(name))
    .map(name => readFileSync(path.join(ROOT, 'src', name), 'utf8'));

describe('the README', () => {
  const pictures = readme.links.filter(file => file.endsWith('.png'));

  it('is short', () => {
    expect(readme.text.trimEnd().split('\n').length).toBeLessThanOrEqual(200);
  });

  it('names the versions of package.json', () => {
    const { engines, peerDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    const [from, to] = [...peerDependencies.parse.matchAll(/\d+/g)].filter((_, part) => part % 3 === 0);
    const majors = Array.from({ length: Number(to) - Number(from) }, (_, more) => Number(from) + more);
    expect(readme.text).toMatch(new RegExp(`\\| \`parse\` +\\| ${majors.join(' and ')}\\b`));
    const oldest = `${engines.node} ${peerDependencies['parse-server']}`.matchAll(/>=(\d+\.\d+)/g);
    expect([...oldest].filter(([, version]) => !readme.text.includes(version!))).toEqual([]);
  });

  it('has a picture, small enough for a telephone', () => {
    expect(pictures).not.toEqual([]);
    for (const picture of pictures) expect(statSync(path.join(ROOT, picture)).size).toBeLessThan(150_000);
  });
});

describe('the documents', () => {
  it.each(all)('$file links to what is there', ({ file, links }) => {
    const broken = links.filter(link => {
      if (/^(https?|mailto):/.test(link)) return false;
      const [to = '', anchor] = link.split('#');
      const target = to === '' ? file : path.join(path.dirname(file), to);
      if (!existsSync(path.join(ROOT, target))) return true;
      return anchor !== undefined && !all.find(other => other.file === target)?.anchors.has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('are all in the list of docs/README.md', () => {
    const listed = all.find(({ file }) => file === 'docs/README.md')!.links;
    const pages = all
      .map(({ file }) => path.relative('docs', file))
      .filter(page => !page.endsWith('README.md'));
    expect(pages.filter(page => !listed.includes(page))).toEqual([]);
  });

  it('have what messages and findings of this package point to', () => {
    const source = sources();
    const literal = source.flatMap(text =>
      [...text.matchAll(/\bdocs\('([\w-]+)', '([\w-]+)'\)/g)].map(([, page, anchor]) => [page, anchor]),
    );
    const checks = source.flatMap(text => [...text.matchAll(/^ +name: '([\w-]+)',\n +why: /gm)]);
    const named = checks.map(([, check]) => ['doctor', check]);
    expect(literal.length).toBeGreaterThan(0);
    expect(named.map(([, check]) => check)).toContain(notMounted(new Date()).findings[0]!.check);
    const missing = [...literal, ...named].filter(
      ([page, anchor]) => !all.find(({ file }) => file === `docs/${page}.md`)?.anchors.has(anchor!),
    );
    expect(missing).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  const page = all.find(({ file }) => file === 'docs/errors.md')!.text.replace(/\s+/g, ' ');
  /** What begins a message in the source. What is another's to say, or another's page to tell, is left out. */
  const MESSAGE =
    /(?:new (?:Type)?Error\(|parseError\(\s*ErrorCode\.\w+,|refuse\((?:\s*ErrorCode\.\w+,)?|refused\(|\.(?:warn|error|report|tellOnce)\(|_MESSAGE =)\s*(['"`])((?:(?!\1)[^\\])+)\1/g;
  const UNSEEN = ['This call only tells controllers apart.'];

  it('has each message of this package', () => {
    const messages = sources(name => !/^(cli|web)/.test(name)).flatMap(text =>
      [...text.matchAll(MESSAGE)].map(([, , message]) => message!),
    );
    const fixed = messages
      .filter(message => !UNSEEN.includes(message))
      .map(message => message.replace(/^parse-server-sessions: /, '').split(/\$\{[^}]*\}?/))
      // What stands beside values, to the end of a sentence, if it is long enough to be found by.
      .map(parts => parts.reduce((a, b) => (b.length > a.length ? b : a)))
      .map(part => part.split('. ')[0]!.trim())
      .filter(part => part.length >= 12);
    expect(fixed.length).toBeGreaterThan(60);
    expect([...new Set(fixed)].filter(part => !page.includes(part))).toEqual([]);
  });
});

/** What clients and operators call. Nothing is called here, so nothing has to be there. */
const nothing = { connection: { config: {} } } as never;
const FUNCTIONS = Object.keys({
  ...sessionFunctions(nothing),
  ...operatorFunctions(nothing),
  ...historyFunctions(nothing, nothing),
  ...reportFunctions(nothing, nothing),
  ...pairingFunctions(nothing, nothing, nothing),
  ...stepUpFunctions(nothing),
  ...sessionJobs(nothing),
});

describe('docs/cloud-functions.md', () => {
  it('has each function and job', () => {
    const page = all.find(({ file }) => file === 'docs/cloud-functions.md')!.text;
    expect(FUNCTIONS.filter(name => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

/** The indexes of this package, by name: the class and the column. */
const INDEXES = new Map(
  [SESSIONS, RECORDS, DEVICES, FILES, ATTEMPTS, PAIRINGS].flatMap(({ className, indexed }) =>
    indexed.map(column => [`${className}_${column}`, { className, column }]),
  ),
);

/** What MongoDB calls a column. */
const STORED: Record<string, string> = { sessionToken: '_session_token', user: '_p_user' };

const isForMongosh = ({ code }: Block) => code.includes('db.getCollection(');

describe('the code of the documents', () => {
  /** `typescript` is a signature that is made from the source. */
  const CHECKED = ['ts', 'js', 'javascript', 'typescript', 'json', 'yaml', 'sh', 'bash', 'sql', 'html'];
  /** They have compilers of their own, which are not at hand. */
  const OTHERS = ['swift', 'kotlin', 'dart', 'csharp', 'php'];
  /** What a program prints, and pictures made of letters. */
  const NO_CODE = ['text'];

  it('is in a language that is checked here', () => {
    for (const { file, text, blocks } of all) {
      // None is overlooked.
      expect([file, text.match(/^\s*(```|~~~)/gm)?.length ?? 0]).toEqual([file, 2 * blocks.length]);
    }
    const others = blocks.filter(({ language }) => ![...CHECKED, ...OTHERS, ...NO_CODE].includes(language));
    expect(others.map(({ where, language }) => `${where}: ${language || 'no language'}`)).toEqual([]);
  });

  it('fits the types of this package, in TypeScript and JavaScript', () => {
    expect(typeErrors([...of('ts', 'js', 'javascript'), ...of('html').flatMap(scriptsOf)])).toEqual([]);
  }, 60_000);

  it('is a signature, in the page that is made from the source', () => {
    expect(of('typescript').flatMap(signatureErrors)).toEqual([]);
  });

  it('is JSON and YAML where it says so', async () => {
    for (const { code } of of('json')) JSON.parse(code);
    const prettier = await import('prettier');
    for (const { code, language } of of('yaml', 'html')) await prettier.format(code, { parser: language });
  });

  it('is what bash can read', () => {
    const errors = of('sh', 'bash').flatMap(block =>
      shellErrors(block) ? [`${block.where}: ${shellErrors(block)}`] : [],
    );
    expect(errors).toEqual([]);
  });

  it('has brackets that belong together, in other languages', () => {
    expect(of(...OTHERS).flatMap(bracketErrors)).toEqual([]);
  });

  it('calls functions and jobs of this package', () => {
    const unknown = blocks.flatMap(block =>
      callsOf(block)
        .filter(name => !FUNCTIONS.includes(name))
        .map(name => `${block.where}: ${name}`),
    );
    expect(unknown).toEqual([]);
    expect(of(...OTHERS).filter(block => callsOf(block).length === 0)).toEqual([]);
  });

  it('makes the indexes of this package, in SQL', () => {
    const known = [...INDEXES].map(
      ([name, { className, column }]) =>
        `CREATE INDEX CONCURRENTLY IF NOT EXISTS "${name}" ON "${className}" ("${column}");`,
    );
    const statements = of('sql').flatMap(({ code }) => code.split(/(?<=;)/).map(one => one.trim()));
    expect(statements.filter(statement => statement && !known.includes(statement))).toEqual([]);
  });

  it('makes the indexes of this package, in mongosh', () => {
    const made: unknown[] = [];
    const getCollection = (className: string) => ({
      createIndex: (keys: object, options: object) => made.push([className, keys, options]),
    });
    for (const { code } of of('javascript').filter(isForMongosh)) new Function('db', code)({ getCollection });
    const known = [...INDEXES].map(([name, { className, column }]) =>
      JSON.stringify([className, { [STORED[column] ?? column]: 1 }, { name, sparse: true }]),
    );
    expect(made.filter(index => !known.includes(JSON.stringify(index)))).toEqual([]);
  });
});
