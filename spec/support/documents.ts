import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export const ROOT = path.join(__dirname, '../..');

/** A block of code of a document. */
export interface Block {
  /** The document and the line of its first line of code, such as `docs/faq.md:12`. */
  where: string;
  language: string;
  code: string;
}

export interface Document {
  /** From the root of the repository, such as `docs/faq.md`. */
  file: string;
  text: string;
  /** Of its headings, as GitHub makes them. */
  anchors: ReadonlySet<string>;
  /** What it links to, as it is written. */
  links: string[];
  blocks: Block[];
}

/** A list may have it further in. */
const FENCE = /^( *)```(\w*)[^\n]*\n([^]*?)^\1```$/gm;

export const readDocument = (file: string): Document => {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const prose = text.replace(FENCE, '');
  return {
    file,
    text,
    anchors: anchorsOf(prose),
    links: [...prose.replace(/`[^`\n]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to!),
    blocks: [...text.matchAll(FENCE)].map(({ 1: indent, 2: language, 3: code, index }) => ({
      where: `${file}:${text.slice(0, index).split('\n').length + 1}`,
      language: language!,
      code: code!.replace(new RegExp(`^${indent}`, 'gm'), ''),
    })),
  };
};

/** The README, and every page of `docs/`. */
export const documents = (): Document[] =>
  ['README.md', ...readdirSync(path.join(ROOT, 'docs')).map(name => `docs/${name}`)]
    .filter(file => file.endsWith('.md'))
    .map(readDocument);

function anchorsOf(prose: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of prose.matchAll(/^#+ (.*)$/gm)) {
    const anchor = heading!
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\p{Pc}\s-]/gu, '')
      .replaceAll(' ', '-');
    let name = anchor;
    for (let again = 1; anchors.has(name); again += 1) name = `${anchor}-${again}`;
    anchors.add(name);
  }
  return anchors;
}

/** What the compiler says of the syntax of a signature, of a function or in a class. */
export function signatureErrors({ where, code }: Block): string[] {
  const asWhat = [`declare ${code}`, `declare class Any {\n${code}\n}`];
  const found = asWhat.map(text => ts.transpileModule(text, { reportDiagnostics: true }).diagnostics ?? []);
  return found.some(errors => errors.length === 0) ? [] : [`${where}: no signature`];
}

/** What bash says of the syntax of a block. */
export const shellErrors = ({ code }: Block): string =>
  spawnSync('bash', ['-n'], { input: code, encoding: 'utf8' }).stderr;

const BRACKETS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** What is amiss in a language that nothing here compiles: brackets that do not belong together. */
export function bracketErrors({ where, code }: Block): string[] {
  const open: string[] = [];
  const outsideOfTexts = code.replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/.*/g, '');
  for (const [bracket] of outsideOfTexts.matchAll(/[()[\]{}]/g)) {
    const partner = BRACKETS[bracket];
    if (partner === undefined) open.push(bracket);
    else if (open.pop() !== partner) return [`${where}: ${bracket} closes nothing`];
  }
  return open.length > 0 ? [`${where}: ${open.join(' ')} stays open`] : [];
}

/** How a cloud function or a job is called over REST, and by the SDKs of other languages. */
const CALL =
  /(?:\/functions\/|\/jobs\/|functionJobName = ['"]|Function\w*(?:<.*>)?\(\s*['"]|Cloud::run\(['"])([a-z]\w+)/g;

/** The cloud functions and jobs that a block calls. */
export const callsOf = ({ code }: Block): string[] => [...code.matchAll(CALL)].map(([, name]) => name!);

/** The scripts of a page, for a browser. */
export const scriptsOf = ({ where, code }: Block): Block[] =>
  [...code.matchAll(/<script>([^]*?)<\/script>/g)].map(([, script]) => ({
    where,
    language: 'js',
    code: script!,
  }));

/** Where JavaScript has no way to say more: types of parameters and variables, and that something is not null. */
const UNSAID: ReadonlySet<number> = new Set([2531, 7005, 7006, 7019, 7031, 7034]);

const PRELUDE = path.join(__dirname, 'documents-prelude.ts');
const EXAMPLE = path.join(ROOT, 'docs/examples/any.js');
const MODULES = path.join(__dirname, 'documents-modules.d.ts');
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  module: ts.ModuleKind.Preserve,
  moduleDetection: ts.ModuleDetectionKind.Force,
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  allowJs: true,
  checkJs: true,
  types: ['node'],
  paths: {
    'parse-server-sessions': [path.join(ROOT, 'src/index.ts')],
    'parse-server-sessions/client': [path.join(ROOT, 'src/client/index.ts')],
  },
};

/**
 * What the compiler says of blocks in TypeScript and JavaScript. Each is a module of its own; all see as globals what the
 * prelude exports, unless they declare it themselves.
 */
export function typeErrors(blocks: readonly Block[]): string[] {
  const virtual = new Map(
    blocks.map((block, index) => [`${ROOT}/spec/${index}.${block.language === 'ts' ? 'ts' : 'js'}`, block]),
  );
  const globals = `${ROOT}/spec/globals.ts`;
  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists, readFile, getSourceFile } = host;
  const textOf = (name: string) => (name === globals ? preludeAsGlobals() : virtual.get(name)?.code);
  host.fileExists = name => textOf(name) !== undefined || fileExists(name);
  host.readFile = name => textOf(name) ?? readFile(name);
  host.getSourceFile = (name, target, ...more) => {
    const text = textOf(name);
    return text === undefined
      ? getSourceFile(name, target, ...more)
      : ts.createSourceFile(name, text, target, true);
  };
  host.resolveModuleNameLiterals = (literals, from, _redirected, options) =>
    literals.map(({ text }) => {
      // In JavaScript nobody is held to the options that Parse Server's types make mandatory.
      const name =
        text === 'parse-server' && from.endsWith('.js') ? './support/documents-parse-server' : text;
      // What readers copy from the examples stands beside their code.
      const beside = virtual.has(from) && text.startsWith('./') ? EXAMPLE : from;
      return ts.resolveModuleName(name, beside, options, host);
    });
  const program = ts.createProgram([globals, MODULES, ...virtual.keys()], OPTIONS, host);
  return [...virtual].flatMap(([name, { where, language }]) => {
    const source = program.getSourceFile(name)!;
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    const told = language === 'ts' ? found : found.filter(({ code }) => !UNSAID.has(code));
    return told.map(({ start, messageText }) => {
      const [file, line] = where.split(':');
      const at = Number(line) + source.getLineAndCharacterOfPosition(start ?? 0).line;
      return `${file}:${at}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}

function preludeAsGlobals(): string {
  const source = ts.createSourceFile(PRELUDE, readFileSync(PRELUDE, 'utf8'), OPTIONS.target!, true);
  const names = source.statements.flatMap(statement => {
    if (ts.isFunctionDeclaration(statement)) return [statement.name!.text];
    return ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map(({ name }) => name.getText(source))
      : [];
  });
  const declared = [...new Set(names)].map(
    name => `const ${name}: typeof import('./support/documents-prelude').${name};`,
  );
  return `declare global {\n${declared.join('\n')}\n}\nexport {};\n`;
}
