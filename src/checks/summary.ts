import type { ResolvedOptions } from '../options';
import type { ServerConfig } from '../parse-server';
import { ALWAYS_GUARDED } from '../policy/guarded-classes';
import { VERSION } from '../version';

/**
 * Says in one line, at the start, how sessions are set up.
 * @param functions how many cloud functions of this package there are.
 * @param sharesCache whether other processes may use the same cache.
 */
export function tellAtStart(
  { loggerController }: Pick<ServerConfig, 'loggerController'>,
  { guard, guardFiles, functionPrefix, indexes, purge }: ResolvedOptions,
  functions: number,
  sharesCache: boolean,
): void {
  const files = guardFiles ? ' and files' : '';
  const parts = [
    `guards ${guarded(guard)}${files}`,
    `${functions} functions${functionPrefix && ` (${functionPrefix}…)`}`,
    indexes ? 'indexes made' : 'indexes left to you',
    purge ? `purge at "${purge.schedule}"` : 'no purge in this process',
    sharesCache ? 'shared cache' : 'cache of this process',
  ];
  loggerController.info(`parse-server-sessions ${VERSION}: ${parts.join('; ')}.`);
}

function guarded(guard: ResolvedOptions['guard']): string {
  if (guard === '*') return 'all classes';
  if (!Array.isArray(guard)) return `all classes except ${guard.except.join(', ') || 'none'}`;
  return [...new Set([...ALWAYS_GUARDED, ...guard])].join(', ');
}
