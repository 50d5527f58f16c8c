/**
 * The classes that an app offers to LiveQuery.
 * @throws TypeError for `_Session`: sessions have no ACL, so everybody who subscribes would hear of everybody's, and
 * restricted sessions of unrestricted ones.
 */
export function liveQueryClasses(liveQuery: unknown): string[] {
  const names = (liveQuery as { classNames?: string[] } | undefined)?.classNames ?? [];
  // Parse Server reads each name as a pattern.
  const sessions = names.find(name => new RegExp(`^${name}$`).test('_Session'));
  if (sessions !== undefined) {
    throw new TypeError(
      `liveQuery.classNames: "${sessions}" covers _Session, which LiveQuery would show to everybody. Take it out.`,
    );
  }
  return names;
}
