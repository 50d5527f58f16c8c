import type { Cell, Database } from './cells';
import { knownFaults } from './known-faults';
import { RULES, type Rule } from './rules';
import type { Observation } from './run';
import type { Row } from './subjects';

type Json = Record<string, any>;

type Cells = Pick<Rule, 'subjects' | 'callers' | 'operations' | 'ways'>;

const covers = ({ subjects, callers, operations, ways }: Cells, cell: Cell) =>
  subjects.includes(cell.subject) &&
  callers.includes(cell.caller) &&
  operations.includes(cell.operation) &&
  (ways?.includes(cell.way) ?? true);

/** The rule that decides a cell; `undefined` when it goes as on stock Parse Server. */
export const ruleOf = (cell: Cell): Rule | undefined => RULES.find(rule => covers(rule, cell));

export const isRefused = (cell: Cell): boolean => {
  const rule = ruleOf(cell);
  return rule !== undefined && 'code' in rule.expect;
};

export const knownFaultOf = (cell: Cell, database: Database) =>
  knownFaults.find(fault => (fault.databases?.includes(database) ?? true) && covers(fault, cell));

/** Parse Server rolls a transaction back without telling why. */
const ROLLED_BACK = { code: 1, message: 'Internal server error.' };

/**
 * The columns that this package stores with each new session (the contract: restricted, whether its user is anonymous,
 * origin, last access, login).
 */
function stamped([className, row]: Row, { way, caller }: Cell): Row {
  if (className !== '_Session' || row.objectId !== '<new>') return [className, row];
  const now = { __type: 'Date', iso: '<date>' };
  const action = row.createdWith?.action;
  const isLogin = action === 'signup' || action === 'login';
  // What the master key saves as a session comes from nowhere, as does what cloud code makes.
  const hasOrigin = action !== undefined && way !== 'SDK in cloud code';
  return [
    className,
    {
      ...row,
      restricted: action === 'create',
      ...(row.user && { anonymous: caller === 'an anonymous user' && row.user.objectId === '<user>' }),
      lastAccessedAt: now,
      ...(isLogin && { authenticatedAt: now }),
      ...(hasOrigin && { ip: '127.0.0.1', userAgent: 'node' }),
    },
  ];
}

/** What the package has to make of a cell, from what stock made of it. */
export function expected(stock: Observation, got: Observation, cell: Cell): Observation {
  const rule = ruleOf(cell)?.expect;
  if (rule && 'code' in rule) {
    // After the words of the rule, a refusal may name in brackets what it is about.
    const isInItsWords =
      rule.message === undefined || got.message?.replace(/ \([^()]*\)$/, '') === rule.message;
    const told = { ...rule, message: isInItsWords ? got.message : rule.message };
    const refusal = cell.way === 'batch, one transaction' ? ROLLED_BACK : told;
    return {
      ...refusal,
      columns: [],
      ...(cell.operation === 'find' && { found: [] }),
      foreignToken: false,
      stored: got.before ?? [],
    };
  }
  const { code, message, foreignToken } = stock;
  const { without = [], with: more = [], found, endsSessions } = code === undefined ? (rule ?? {}) : {};
  const columns = new Set(stock.columns);
  without.forEach(column => columns.delete(column));
  more.forEach(column => columns.add(column));
  return {
    code,
    message,
    columns: [...columns].sort(),
    ...(stock.found && { found: stock.found.filter(id => found?.includes(id) ?? true) }),
    foreignToken: rule?.foreignToken ?? foreignToken,
    stored: stock.stored
      .filter(([className]) => !(endsSessions && className === '_Session'))
      .map(row => stamped(row, cell)),
  };
}

/** One line for what a client sees, and one for each row that it left behind. */
export function told({ code, message, columns, found, foreignToken, stored }: Observation): Json {
  const sees = [
    code === undefined ? columns.join(' ') || 'nothing' : `${code} ${message}`,
    ...(found ? [`of ${found.join(' ') || 'no row'}`] : []),
    ...(foreignToken ? ['with a token that is not the caller’s'] : []),
  ];
  const rows = stored.map(([className, row]) => {
    const { objectId, ...others } = row;
    const sorted = Object.fromEntries(Object.entries(others).sort(([a], [b]) => a.localeCompare(b)));
    return `${className} ${objectId ?? ''} ${JSON.stringify(sorted)}`;
  });
  return { sees: sees.join(' '), stored: rows.sort() };
}
