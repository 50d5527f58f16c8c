import type { ServerConfig } from '../parse-server';
import { SESSIONS } from '../schema/columns';
import { isMongo } from '../schema/database-kind';

/**
 * A warning where the app's `schema.definitions` has the indexes of `_Session` deleted. Of a class that is listed there,
 * Parse Server deletes what indexes it finds on MongoDB, at every second start, save those that the definition lists, too
 * (`DefinedSchemas.js#updateSchema` of 9.10.0). It takes none on `_session_token`.
 */
export function deletedIndexes({ database, schema }: Pick<ServerConfig, 'database' | 'schema'>): string[] {
  const { className } = SESSIONS;
  const isListed = schema?.definitions?.some(defined => defined.className === className);
  if (!isListed || schema?.keepUnknownIndexes || !isMongo(database)) return [];
  return [
    `schema.definitions lists ${className}, so Parse Server deletes its indexes at later starts: set ` +
      'schema.keepUnknownIndexes to true.',
  ];
}
