import { docs } from '../docs';
import type { DeniedKeyword } from '../parse-server';
import { OWNED_COLUMNS } from '../policy/columns';

/**
 * One warning for each entry of `requestKeywordDenylist` that meets a column of this package. Parse Server scans what
 * is written for it, also what it writes itself: with such an entry no session can be made.
 */
export function deniedColumns(denylist: readonly DeniedKeyword[] = []): string[] {
  return denylist.flatMap(entry => {
    const met = OWNED_COLUMNS.filter(column => isDenied(column, entry));
    if (met.length === 0) return [];
    return [
      `the entry ${JSON.stringify(entry)} of requestKeywordDenylist meets columns of sessions (${met.join(', ')}): ` +
        `log-ins and sign-ups can be answered with 105. Write an entry that does not meet them. See ${docs('errors', 'denylist')}`,
    ];
  });
}

/** Whether an entry meets this key, as Parse Server reads it (`Utils.js#objectContainsKeyValue` of 9.10.0). */
function isDenied(column: string, { key }: DeniedKeyword): boolean {
  if (key === undefined) return false;
  try {
    return new RegExp(String(key)).test(column);
  } catch {
    return false;
  }
}
