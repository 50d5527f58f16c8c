import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Where the build puts what browsers get: the same folder from `src/pages` and from `dist/server`. */
const FOLDER = path.join(__dirname, '../../dist/web');

/** What the build has made. @throws Error where the package was not built. */
export function readBuilt(name: string, folder = FOLDER): Buffer {
  try {
    return readFileSync(path.join(folder, name));
  } catch (error) {
    throw new Error(`parse-server-sessions: ${name} is not built: run "npm run build" first.`, {
      cause: error,
    });
  }
}

/** All words of a page in English, by their keys. In `{name}` something is filled in. */
export const wordsOf = (page: string): Readonly<Record<string, string>> =>
  (JSON.parse(readBuilt('words.json').toString()) as Record<string, Record<string, string>>)[page] ?? {};
