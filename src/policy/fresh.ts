import type { Row } from '../parse-server';
import { oneOf } from './guarded-classes';
import { columnOf } from './keys';
import { owningClass, relationOf } from './relations';
import { functionOf } from './scopes';
import { storedName } from './stored-names';

/**
 * What needs a recent log-in: to write whole classes, or some of their columns, and to call cloud functions
 * (`function:transfer`).
 */
export type Fresh = readonly string[] | { readonly [className: string]: true | readonly string[] };

/** A write as the option `fresh` judges it. */
export interface FreshWrite {
  className: string;
  operation: 'create' | 'update' | 'delete';
  /** Whether the client writes, not Parse Server on its behalf. */
  byClient: boolean;
  /** Absent where Parse Server only looks up what it is about to write. */
  data?: Row;
  /** Whether the class is judged for a table that it shares: nobody can tell whose columns are written. @default false */
  isShared?: boolean;
}

/**
 * The functions of this package that never need one: without some nobody could become fresh, or learn that he is not, and
 * the others need no session.
 */
export const NEVER_FRESH: readonly string[] = [
  'confirmIdentity',
  'rotateSession',
  'getSession',
  'endedSession',
  'startPairing',
  'completePairing',
  'reportSession',
];

/** Which writes and calls need a recent log-in. */
export interface FreshRules {
  /** Whether any writes do. */
  any: boolean;
  /** Whether some writes of the class do. */
  covers(className: string): boolean;
  /**
   * Whether this one does. A client's delete takes the columns with it, so it counts as a write to them, and so does a
   * change of the ACL, which lets somebody else write them. To sign up needs no log-in.
   */
  needs(write: FreshWrite): boolean;
  /** Whether a call of the cloud function does. */
  needsCall(functionName: string): boolean;
}

/** The classes that the option names. */
export const freshClasses = (fresh: Fresh): readonly string[] =>
  namesIn(fresh).filter(name => functionOf(name) === undefined);

/** The cloud functions that it names. */
export const freshFunctions = (fresh: Fresh): readonly string[] =>
  namesIn(fresh).flatMap(name => functionOf(name) ?? []);

const namesIn = (fresh: Fresh): readonly string[] => (isList(fresh) ? fresh : Object.keys(fresh));

const isList = (fresh: Fresh): fresh is readonly string[] => Array.isArray(fresh);

/** @param maxBytes how many bytes of a name the database keeps. */
export function freshRules(fresh: Fresh, maxBytes = Infinity): FreshRules {
  const byClass = isList(fresh) ? {} : fresh;
  const names = freshClasses(fresh);
  const isWhole = oneOf(
    names.filter(name => !Array.isArray(byClass[name])),
    maxBytes,
  );
  const covers = oneOf(names, maxBytes);
  const stored = (name: string) => storedName(name, maxBytes);
  const functions = new Set(freshFunctions(fresh));
  const columns = new Map<string, ReadonlySet<string>>();
  for (const [name, of] of Object.entries(byClass)) {
    if (of !== true) columns.set(stored(name), new Set(of.map(stored)));
  }
  const isOneOf = (key: string, className: string) => {
    const ofClass = columns.get(stored(className));
    return ofClass === undefined || ofClass.has(stored(columnOf(key)));
  };
  return {
    any: names.length > 0,
    covers,
    needs({ className, operation, byClient, data, isShared = false }) {
      if (!covers(className) || (className === '_User' && operation === 'create')) return false;
      if (isWhole(className) || isShared) return true;
      // Parse Server itself deletes an installation whose place another one takes.
      if (operation === 'delete') return byClient;
      const relation = relationOf(className);
      if (relation !== undefined) return isOneOf(relation, owningClass(className));
      const handsOver = (key: string) => operation === 'update' && columnOf(key) === 'ACL';
      return Object.keys(data ?? {}).some(key => handsOver(key) || isOneOf(key, className));
    },
    needsCall: functionName => functions.has(functionName),
  };
}
