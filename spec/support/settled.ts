import { setImmediate } from 'node:timers/promises';
import type { SpecServer } from './server';

/** In how many turns of the event loop a server has to do nothing: its listeners are called in such turns. */
const TURNS = 20;

const watched = new WeakMap<object, () => Promise<void>>();

/**
 * Watches what a server asks of its database, from the first call on.
 * @returns waits until nothing is under way, and everybody who is told of it has been told. What the server does at
 * intervals is not waited for.
 */
export function watchForRest({ server }: Pick<SpecServer, 'server'>): () => Promise<void> {
  const { adapter } = server.config.databaseController;
  const known = watched.get(adapter);
  if (known) return known;
  let underWay = 0;
  const ended = () => void (underWay -= 1);
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(adapter))) {
    const method: unknown = adapter[name];
    if (name === 'constructor' || typeof method !== 'function') continue;
    adapter[name] = function (...args: unknown[]) {
      const answer = method.apply(this, args);
      if (typeof answer?.then === 'function') {
        underWay += 1;
        answer.then(ended, ended);
      }
      return answer;
    };
  }
  const settled = async () => {
    for (let quiet = 0; quiet < TURNS; quiet = underWay === 0 ? quiet + 1 : 0) await setImmediate();
  };
  watched.set(adapter, settled);
  return settled;
}
