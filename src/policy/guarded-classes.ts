import { isShared, owningClass } from './relations';
import { storedName } from './stored-names';

/** Classes that a restricted session may never write (Parse guide, chapter "Session Security"). */
export const ALWAYS_GUARDED: readonly string[] = ['_User', '_Session', '_Role'];

/** Which classes the option `guard` names beside those: some, all, or all but some. */
export type Guard = '*' | readonly string[] | { readonly except: readonly string[] };

export type IsGuarded = (className: string) => boolean;

/**
 * Whether a class is one of these, by the names under which the database stores them. A relation's rows belong to the
 * class that has the relation. Where the name of their table is cut, nobody can tell whose they are: then they count.
 * @param maxBytes how many bytes of a name the database keeps.
 */
export function oneOf(names: readonly string[], maxBytes = Infinity): IsGuarded {
  const stored = new Set(names.map(name => storedName(name, maxBytes)));
  return className =>
    className.startsWith('_Join:')
      ? isShared(className, maxBytes) || stored.has(storedName(owningClass(className), maxBytes))
      : stored.has(storedName(className, maxBytes));
}

/** Which classes a guard covers, also those made later. */
export function guardedClasses(guard: Guard, maxBytes = Infinity): IsGuarded {
  if (guard === '*') return () => true;
  if (!('except' in guard)) return oneOf([...ALWAYS_GUARDED, ...guard], maxBytes);
  const isAlways = oneOf(ALWAYS_GUARDED, maxBytes);
  // By their whole names: another class of the same table is not excepted.
  const open = new Set(guard.except);
  const isOpen = (className: string) =>
    className.startsWith('_Join:')
      ? !isShared(className, maxBytes) && open.has(owningClass(className))
      : open.has(className);
  return className => isAlways(className) || !isOpen(className);
}
