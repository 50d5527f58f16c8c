import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import ts from 'typescript';

const ROOT = path.join(__dirname, '..', '..');
/** What runs in a server's process: not what browsers get of `src`. */
const SOURCES = ['src', 'settings.ts', 'bench/support/server.ts', 'bench/support/server-process.ts'];

/**
 * Compiles the server's process file by file into a folder that goes with this process. So the servers hold no compiler
 * in their memory.
 * @returns the file to start.
 */
export function compileServer(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-server-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
  fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  const { options } = ts.getParsedCommandLineOfConfigFile(
    path.join(ROOT, 'tsconfig.build.json'),
    { sourceMap: false, declaration: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: ({ messageText }) => fail(String(messageText)) },
  )!;
  for (const file of SOURCES.flatMap(filesOf)) {
    const target = path.join(folder, file.replace(/\.ts$/, '.js'));
    const source = fs.readFileSync(path.join(ROOT, file), 'utf8');
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(
      target,
      ts.transpileModule(source, { compilerOptions: options, fileName: file }).outputText,
    );
  }
  return path.join(folder, 'bench/support/server-process.js');
}

function filesOf(source: string): string[] {
  if (source.endsWith('.ts')) return [source];
  return fs
    .readdirSync(path.join(ROOT, source), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && !name.startsWith(`web${path.sep}`))
    .map(name => path.join(source, name));
}

function fail(message: string): never {
  throw new Error(message);
}
