import type { Database } from './parse-server';

/**
 * The webhooks that the app has registered. Parse Server keeps them in its database and loads them at its start.
 */
export interface Webhooks {
  hasTrigger(className: string, triggerName: string): boolean;
  hasFunction(name: string): boolean;
  readonly hasFunctions: boolean;
}

export async function webhooksOf(database: Database): Promise<Webhooks> {
  const rows = await database.find('_Hooks', {});
  const triggers = new Set(rows.map(({ className, triggerName }) => `${triggerName} ${className}`));
  const functions = new Set(rows.flatMap(({ functionName }) => functionName ?? []));
  return {
    hasTrigger: (className, triggerName) => triggers.has(`${triggerName} ${className}`),
    hasFunction: name => functions.has(name),
    hasFunctions: functions.size > 0,
  };
}
