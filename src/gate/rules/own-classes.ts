import { isOwnClass, ownClassError } from '../../schema/own-class';
import type { Rule } from '../rule';

/** Keeps clients out of this package's own classes, also where an app or a client made the class first. */
export const ownClassesRule: Rule = {
  covers: className => isOwnClass(className),

  judge({ visit, className, byClient }) {
    // The maintenance key names permissions as a client does (`RestQuery.js` of 9.10.0).
    if (byClient && visit.caller.kind !== 'master') throw ownClassError(className);
  },
};
