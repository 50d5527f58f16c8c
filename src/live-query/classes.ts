import { classNameOf } from '../class-name';
import { docs } from '../docs';

/**
 * The classes that an app offers to LiveQuery: names, patterns, or classes of the SDK.
 * @throws TypeError for `_Session`: sessions have no ACL, and LiveQuery passes no rule of this package, so a
 * restricted session would hear of unrestricted ones.
 */
export function liveQueryClasses(liveQuery: unknown): string[] {
  const offered = (liveQuery as { classNames?: unknown[] } | undefined)?.classNames ?? [];
  const names = offered.map(classNameOf);
  // Parse Server reads each name as a pattern.
  const sessions = names.find(name => new RegExp(`^${name}$`).test('_Session'));
  if (sessions !== undefined) {
    throw new TypeError(
      `liveQuery.classNames: "${sessions}" covers _Session: restricted sessions would hear of unrestricted ones. ` +
        `Take it out. See ${docs('errors', 'live-query-of-sessions')}`,
    );
  }
  return names;
}
