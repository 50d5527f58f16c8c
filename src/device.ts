import Bowser from 'bowser';
import { boundedCache } from './bounded-cache';
import { MAX_USER_AGENT } from './record';

/** What a user agent tells of a device; `null` where it tells nothing. */
export interface Device {
  browser: string | null;
  os: string | null;
  /** `desktop`, `mobile`, `tablet`, `tv`, `bot`, or `null` when unknown. */
  type: string | null;
}

/** Reading one costs a hundred times as much as looking it up, and a user's sessions share a few. */
const known = boundedCache<Device>(1000);

export function deviceOf(userAgent: string | null): Device {
  if (!userAgent) return { browser: null, os: null, type: null };
  // A stored one is no longer; another is not worth the time of its patterns.
  userAgent = userAgent.slice(0, MAX_USER_AGENT);
  const device = known.get(userAgent) ?? read(userAgent);
  known.set(userAgent, device);
  return { ...device };
}

function read(userAgent: string): Device {
  const { browser, os, platform } = Bowser.parse(userAgent);
  return { browser: browser.name || null, os: os.name || null, type: platform.type || null };
}
