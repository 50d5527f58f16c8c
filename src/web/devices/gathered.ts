import type { ClientSession } from '../../client';

/**
 * Sessions that look alike to their user: of one installation, or of the same browser in the same place. Those with a name
 * or with limits of their own are told apart. Each group comes where its first session was.
 */
export function gathered(sessions: readonly ClientSession[]): ClientSession[][] {
  const groups: ClientSession[][] = [];
  const known = new Map<string, ClientSession[]>();
  for (const session of sessions) {
    const signs = signsOf(session);
    const group = signs.map(sign => known.get(sign)).find(Boolean) ?? [];
    if (group.push(session) === 1) groups.push(group);
    for (const sign of signs) known.set(sign, group);
  }
  return groups;
}

/** What a session has in common with others that look like it. */
function signsOf({ installationId, restricted, name, device, place, ip }: ClientSession): string[] {
  if (restricted || name) return [];
  const { browser, os, type } = device;
  const where = place ?? ip;
  return [
    ...(installationId ? [`installation ${installationId}`] : []),
    ...((browser || os) && where ? [JSON.stringify([browser, os, type, where])] : []),
  ];
}
