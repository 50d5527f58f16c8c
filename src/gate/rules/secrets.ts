import { enforce } from '../../enforce';
import type { Row } from '../../parse-server';
import {
  aggregatesSessions,
  hideDeeply,
  hideFromAll,
  mayAskSessions,
  mayWriteKeys,
} from '../../policy/secrets';
import type { Rule } from '../rule';

/**
 * Keeps the secrets of sessions in the server. No request reads, guesses or writes them, not even with the master
 * key, whose answers end up in logs and dashboards.
 */
export const secretsRule: Rule = {
  covers: (className, _runtime, options) =>
    className === '_Session' || (options !== undefined && aggregatesSessions(className, options)),

  async find({ className, query, options }, proceed) {
    enforce(mayAskSessions(className === '_Session' ? (query ?? {}) : {}, options));
    const rows = (await proceed()) as Row[] | number;
    const isAggregation = aggregatesSessions(className, options ?? {});
    if (Array.isArray(rows)) rows.forEach(isAggregation ? hideDeeply : hideFromAll);
    return rows;
  },

  async validateObject({ data }, proceed) {
    enforce(mayWriteKeys(data ?? {}));
    return proceed();
  },
};
