import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);
export const ROOT = path.join(__dirname, '../../..');

/** Where an app is that has installed the package; `pack()` sets it, and so do the workers inherit it. */
const INSTALLED = 'SPEC_PACKAGE_INSTALLED';
const installed = () => process.env[INSTALLED]!;

/** A folder outside the repository: from within it, Node and TypeScript would find what is installed here. */
const temporary = (): string =>
  realpathSync(mkdtempSync(path.join(tmpdir(), 'parse-server-sessions-package-')));

/** Packs the package, and installs it as a user does. What it needs beside itself would fail: there is no network. */
export async function pack(): Promise<void> {
  const home = temporary();
  process.env[INSTALLED] = home;
  try {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', home], { cwd: ROOT });
    const tarball = stdout.trim().split('\n').at(-1)!;
    writeFileSync(path.join(home, 'package.json'), '{ "name": "app", "private": true }');
    // The peers are not asked for: they are here already, see `makeApp`.
    const options = ['--offline', '--legacy-peer-deps', '--no-audit', '--no-fund', '--silent'];
    await run('npm', ['install', ...options, `./${tarball}`], { cwd: home });
  } catch (error) {
    // Jest tears nothing down then.
    unpack();
    throw error;
  }
}

export const unpack = (): void => rmSync(installed(), { recursive: true, force: true });

export interface App {
  folder: string;
  /** The package in its `node_modules`. */
  installed: string;
  write(name: string, contents: string): string;
  /** What Node prints. */
  node(...args: string[]): Promise<string>;
  remove(): void;
}

/**
 * An app that has installed the package, and further packages of this repository under the names that it has for them:
 * `{ parse: 'parse-7' }`.
 */
export function makeApp(others: Record<string, string> = {}): App {
  const folder = temporary();
  cpSync(installed(), folder, { recursive: true, verbatimSymlinks: true });
  for (const [name, from] of Object.entries(others)) {
    const link = path.join(folder, 'node_modules', name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules', from), link, 'junction');
  }
  return {
    folder,
    installed: path.join(folder, 'node_modules/parse-server-sessions'),
    write(name, contents) {
      const file = path.join(folder, name);
      writeFileSync(file, contents);
      return file;
    },
    node: async (...args) => (await run(process.execPath, args, { cwd: folder })).stdout.trim(),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
