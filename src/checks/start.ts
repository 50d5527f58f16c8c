import { docs } from '../docs';
import type { ResolvedOptions } from '../options';
import type { Database, ServerConfig } from '../parse-server';
import { missingClasses } from './classes';
import { deletedIndexes } from './definitions';
import { deniedColumns } from './denylist';
import { missingColumns, missingFunctions, openProofs } from './fresh';
import { brokenRouter } from './router';

/** A server whose options are looked at. */
export interface Configured {
  config: ServerConfig;
  database: Database;
  options: ResolvedOptions;
  /** The names of the cloud functions that are there. */
  functions: readonly string[];
}

/** What would surprise later in the options of the app, of this package and of Parse Server. */
export const surprises = async ({ config, database, options, functions }: Configured): Promise<string[]> => [
  ...(await missingClasses(database, options)),
  ...(await missingColumns(database, options)),
  ...missingFunctions(options, functions),
  ...openProofs(options),
  ...deletedIndexes(config),
  ...deniedColumns(config.requestKeywordDenylist),
];

/** Says once, at the start, what would surprise later. The server starts all the same. */
export async function warnAtStart(configured: Configured): Promise<void> {
  const { loggerController } = configured.config;
  const warnings = [
    ...(await surprises(configured)),
    ...brokenRouter().map(warning => `${warning} See ${docs('errors', 'router')}`),
  ];
  for (const warning of warnings) loggerController.warn(`parse-server-sessions: ${warning}`);
}
