import type { Seen } from './finding';
import type { Patient } from './patient';

export function liveQuery({ liveClasses, hasLiveQuery }: Patient): Seen {
  if (liveClasses.length === 0) return { level: 'ok', what: 'The app offers no class to LiveQuery.' };
  if (hasLiveQuery) return { level: 'ok', what: 'Sockets of sessions that end are closed.' };
  return {
    level: 'warning',
    what: 'The app offers classes to LiveQuery, and no LiveQuery server was handed over: sockets of sessions that end stay open.',
    todo: 'Call sessions.liveQuery(await ParseServer.createLiveQueryServer(…)) in the process that has the LiveQuery server.',
  };
}
