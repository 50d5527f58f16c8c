import { docs } from '../docs';
import type { ServerConfig } from '../parse-server';
import { visitOf } from './visit';

const noted = new WeakSet<object>();

/**
 * Notes on the visit which ends Parse Server gives to the sessions that it makes. In a request with the master key
 * nothing else tells these from sessions that the master key saves, which may say of themselves what they like.
 * @throws Error when this Parse Server has no such method.
 */
export function noteGivenEnds(config: ServerConfig | undefined): void {
  // Parse Server makes a configuration for each request, all of one class (`Config.js#get` of 9.10.0).
  const configs = Object.getPrototypeOf(config ?? {}) as ServerConfig;
  if (noted.has(configs)) return;
  const original = configs.generateSessionExpiresAt;
  if (typeof original !== 'function') {
    throw new Error(
      'parse-server-sessions cannot tell when sessions of this Parse Server end: its configuration has no ' +
        `generateSessionExpiresAt. Use a version of parse-server that the README names. See ${docs('errors', 'cannot-guard')}`,
    );
  }
  configs.generateSessionExpiresAt = function (this: ServerConfig) {
    const end = original.call(this);
    if (end) visitOf(this.database)?.givenEnds.add(end.getTime());
    return end;
  };
  noted.add(configs);
}
