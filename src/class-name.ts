import type { CloudRequest } from './parse-server';

/** The name under which Parse Server keeps the triggers of `Parse.File`. */
export const FILES = '@File';

/**
 * The name of the class that an app registers a trigger for, as Parse Server reads it
 * (`triggers.js#getClassName` of 9.10.0). A built-in class of the SDK has the name of its rows: `Parse.User` is
 * `_User`.
 */
export function classNameOf(parseClass: unknown): string {
  const { className, name } = (parseClass ?? {}) as { className?: string; name?: string };
  if (typeof parseClass === 'string') return parseClass;
  if (className) return className;
  const builtIn = (name ?? '').replace('Parse', '@');
  return builtIn === FILES ? FILES : builtIn.replace('@', '_');
}

export type CloudOperation = 'create' | 'read' | 'update' | 'delete' | 'call';

/** What the request of a trigger or a validator is about to do, in the words of the event `blocked`. */
export function operationOf({ triggerName, object }: CloudRequest): CloudOperation {
  if (!triggerName) return 'call';
  if (triggerName.startsWith('beforeDelete')) return 'delete';
  if (triggerName.startsWith('beforeFind')) return 'read';
  return object?.id === undefined ? 'create' : 'update';
}
