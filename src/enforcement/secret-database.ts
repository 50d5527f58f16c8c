import { enforce, ErrorCode, parseError } from '../errors';
import type { Database, DatabaseOptions } from '../parse-server';
import { aggregatesSessions, hideDeeply, hideFromAll, mayAskSessions, mayWriteKeys } from '../policy/secrets';
import { isOwnClass } from '../schema/own-class';
import { bound, isByClient } from './database';

/**
 * Keeps the secrets of sessions in the server: no request reads, guesses or writes them, not even one with the master
 * key, whose answers land in logs and dashboards.
 */
export function keepSecrets(database: Database): void {
  const { find, validateObject, destroy } = bound(database);

  /** What these classes hold is the server's knowledge, whoever made the class first. */
  const refuseOwnClass = (className: string, options: DatabaseOptions | undefined) => {
    if (isOwnClass(className) && isByClient(options)) {
      throw parseError(ErrorCode.OPERATION_FORBIDDEN, `${className} is the server's own.`);
    }
  };

  database.destroy = async (className, query, options, schema) => {
    refuseOwnClass(className, options);
    return destroy(className, query, options, schema);
  };

  database.find = async (className, query, options, auth, schema) => {
    refuseOwnClass(className, options);
    const isAggregation = aggregatesSessions(className, options ?? {});
    if (className !== '_Session' && !isAggregation) return find(className, query, options, auth, schema);
    enforce(mayAskSessions(className === '_Session' ? query : {}, options));
    const rows = await find(className, query, options, auth, schema);
    if (Array.isArray(rows)) rows.forEach(isAggregation ? hideDeeply : hideFromAll);
    return rows;
  };

  database.validateObject = async (className, data, query, options, maintenance) => {
    refuseOwnClass(className, options);
    if (className === '_Session') enforce(mayWriteKeys(data));
    return validateObject(className, data, query, options, maintenance);
  };
}
