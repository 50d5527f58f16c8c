import type { CloudRequest } from './parse-server';

/** The name under which Parse Server keeps the triggers of `Parse.File`. */
export const FILES = '@File';

/** The class that a trigger is registered for, as Parse Server reads it, with the built-in classes by their name. */
export function classNameOf(parseClass: unknown): string {
  const { className, name } = (parseClass ?? {}) as { className?: string; name?: string };
  if (typeof parseClass === 'string') return parseClass;
  if (className) return className;
  const builtIn = (name ?? '').replace('Parse', '@');
  return builtIn === FILES ? FILES : builtIn.replace('@', '_');
}

/** What a trigger or a validator is asked about, in the words of an event. */
export function operationOf({ triggerName, object }: CloudRequest): 'create' | 'update' | 'delete' | 'call' {
  if (!triggerName) return 'call';
  if (triggerName.startsWith('beforeDelete')) return 'delete';
  return object?.id === undefined ? 'create' : 'update';
}
