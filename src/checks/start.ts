import { docs } from '../docs';
import type { ResolvedOptions } from '../options';
import type { ServerConfig } from '../parse-server';
import { missingClasses } from './classes';
import { deletedIndexes } from './definitions';
import { deniedColumns } from './denylist';
import { missingColumns, missingFunctions, openProofs } from './fresh';
import { brokenRouter } from './router';

/**
 * Says once, at the start, what would surprise later. The server starts all the same.
 * @param functions the names of the cloud functions that are there.
 */
export async function warnAtStart(
  config: ServerConfig,
  options: ResolvedOptions,
  functions: readonly string[],
): Promise<void> {
  const warnings = [
    ...(await missingClasses(config.database, options)),
    ...(await missingColumns(config.database, options)),
    ...missingFunctions(options, functions),
    ...openProofs(options),
    ...deletedIndexes(config),
    ...deniedColumns(config.requestKeywordDenylist).map(
      warning => `${warning} See ${docs('errors', 'denylist')}`,
    ),
    ...brokenRouter([__dirname, process.cwd()]).map(warning => `${warning} See ${docs('errors', 'router')}`),
  ];
  for (const warning of warnings) config.loggerController.warn(`parse-server-sessions: ${warning}`);
}
