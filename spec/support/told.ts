import type { SessionEvent } from '../../src';
import type { SpecServer } from './server';

/** An event, as a listener is told of it, with its name. */
export type Told = Record<string, any> & { name: string; sessionId: string };

/** Listens to events of a server. @returns what is told, in its order. */
export function listenTo({ sessions }: Pick<SpecServer, 'sessions'>, names: readonly SessionEvent[]): Told[] {
  const told: Told[] = [];
  for (const name of names) sessions.on(name, payload => void told.push({ name, ...payload }));
  return told;
}
