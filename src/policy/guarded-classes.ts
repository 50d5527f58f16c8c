/** Classes that a restricted session may never write (Parse guide, chapter "Session Security"). */
export const ALWAYS_GUARDED = ['_User', '_Session', '_Role'] as const;

/** A relation's rows belong to the class that has the relation: a role's members are `_Join:users:_Role`. */
const JOIN_TABLE = /^_Join:[^:]+:(.+)$/;
const owningClass = (className: string) =>
  className.startsWith('_Join:') ? (JOIN_TABLE.exec(className)?.[1] ?? className) : className;

export type IsGuarded = (className: string) => boolean;

/**
 * Which classes a guard covers.
 * @param guard further classes by name, or `'*'` for every class, also those made later.
 */
export function guardedClasses(guard: readonly string[] | '*'): IsGuarded {
  if (guard === '*') return () => true;
  const guarded = new Set<string>([...ALWAYS_GUARDED, ...guard]);
  return className => guarded.has(owningClass(className));
}
