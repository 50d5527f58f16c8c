import { deviceOf } from '../device';
import type { Database } from '../parse-server';
import type { Places } from '../places/places';
import type { SessionRecord } from '../record';
import type { OwnClasses } from '../schema/own-class';
import type { SessionEmitter } from './events';
import { isFirstFromDevice } from './known-devices';

interface Surroundings {
  database: Database;
  events: SessionEmitter;
  ownClasses: OwnClasses;
  places: Places;
}

/**
 * Counts a session that was made, emits that, and whether it is the user's first one from its device.
 * @param signUp whether the user signed up with it.
 */
export function sessionCreated(
  session: SessionRecord,
  signUp: boolean,
  { database, events, ownClasses, places }: Surroundings,
): void {
  const { objectId, userId, restricted, createdWith, userAgent, ip } = session;
  events.counters.hasCreated(session);
  const ofSession = { sessionId: objectId, userId };
  // The next list shows it.
  places.known(ip);
  events.emit('created', { ...ofSession, restricted, createdWith });
  // The user makes a restricted session from another one, for a device: it is no new device of his.
  if (restricted || userId === null || !events.has('newDevice')) return;
  // No login waits for this look-up, or fails because of it.
  isFirstFromDevice(session, database, ownClasses).then(
    isFirst => {
      if (!isFirst) return;
      events.emit('newDevice', { ...ofSession, device: deviceOf(userAgent), ip, createdWith, signUp });
    },
    error =>
      events.report(`the device of a new session could not be looked up: ${(error as Error)?.message}`),
  );
}
