import { enforce } from '../../enforce';
import type { Row } from '../../parse-server';
import { hideDeeply, isAggregation, judgeAggregation } from '../../policy/aggregations';
import { hideFromAll, mayAskSessions, mayWriteKeys } from '../../policy/secrets';
import type { Rule } from '../rule';

const SESSION = '_Session';

/**
 * Keeps the secrets of sessions in the server. No request reads, guesses or writes them, not even with the master
 * key, whose answers end up in logs and dashboards. An aggregation may read any class, whatever class it is of.
 */
export const secretsRule: Rule = {
  covers: (className, _runtime, options) =>
    className === SESSION || (options !== undefined && isAggregation(options)),

  async find({ visit, className, query, options = {} }, proceed) {
    if (className === SESSION) enforce(mayAskSessions(query ?? {}, options));
    if (!isAggregation(options)) {
      const rows = (await proceed()) as Row[] | number;
      if (Array.isArray(rows)) rows.forEach(hideFromAll);
      return rows;
    }
    const { decision, hidden } = judgeAggregation(className, options, visit.isReadOnly);
    enforce(decision);
    const results = await proceed();
    if (hidden.length > 0) hideDeeply(results, hidden);
    return results;
  },

  async validateObject({ data }, proceed) {
    enforce(mayWriteKeys(data ?? {}));
    return proceed();
  },
};
