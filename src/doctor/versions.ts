import { realpathSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { brokenRouter, PATHS } from '../checks/router';
import type { Seen } from './finding';
import type { Patient } from './patient';

/** The last minor version of Parse Server 9 that this package was tried with. */
const LAST_TRIED_MINOR = 10;

export function parseServer({ config: { version } }: Patient): Seen {
  const minor = Number(version?.split('.')[1]);
  if (minor <= LAST_TRIED_MINOR) return { level: 'ok', what: `Parse Server is ${version}.` };
  return {
    level: 'notice',
    what: `Parse Server is ${version}, which is later than what this package was tried with (9.${LAST_TRIED_MINOR}). At the start it has checked that its rules hold.`,
    todo: 'Look for a later version of parse-server-sessions.',
  };
}

export function router(): Seen {
  const [broken] = brokenRouter();
  if (!broken) return { level: 'ok', what: 'Parse Server has a router that it works with.' };
  return {
    level: 'error',
    what: broken,
    todo: 'Have router 2.2.0 installed, and delete node_modules and the lock file before.',
  };
}

/** One copy of the SDK, as Parse Server, this package and the app find it from where they are. */
export function copies(): Seen {
  const found = new Map<string, string>();
  for (const from of [parseServerFolder(), ...PATHS]) {
    const copy = from && copyFrom(from);
    if (copy) found.set(copy.folder, copy.version);
  }
  if (found.size <= 1)
    return {
      level: 'ok',
      what: `There is one copy of the SDK (parse ${[...found.values()][0] ?? 'unknown'}).`,
    };
  return {
    level: 'notice',
    what: `There are ${found.size} copies of the SDK: parse ${[...found.values()].join(' and ')}.`,
    todo: 'In cloud code use the global Parse, or install the version that Parse Server depends on ("npm ls parse" shows it).',
  };
}

function parseServerFolder(): string | undefined {
  try {
    return path.dirname(createRequire(__filename).resolve('parse-server', { paths: PATHS }));
  } catch {
    return undefined;
  }
}

function copyFrom(from: string): { folder: string; version: string } | undefined {
  try {
    const main = createRequire(path.join(from, 'noop.js')).resolve('parse/node');
    const inside = `${path.sep}node_modules${path.sep}parse${path.sep}`;
    const folder = realpathSync(main.slice(0, main.lastIndexOf(inside) + inside.length));
    const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    return { folder, version: String(version) };
  } catch {
    // It lies somewhere else: then nothing is known of it.
    return undefined;
  }
}
