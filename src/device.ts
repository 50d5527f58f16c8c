import Bowser from 'bowser';
import { boundedCache } from './bounded-cache';
import { cut, MAX_LENGTH } from './client-texts';

/** What a user agent tells of a device; `null` for what it does not tell. */
export interface Device {
  browser: string | null;
  os: string | null;
  /** `desktop`, `mobile`, `tablet`, `tv`, `bot`, or `null` when unknown. */
  type: string | null;
}

/**
 * Devices by user agent. Parsing one costs a hundred times as much as this look-up, and sessions share few of
 * them.
 */
const known = boundedCache<Device>(1000);

export function deviceOf(userAgent: string | null): Device {
  if (!userAgent) return { browser: null, os: null, type: null };
  // No stored user agent is longer, and the patterns take more time the longer it is.
  userAgent = cut(userAgent, MAX_LENGTH.userAgent);
  const device = known.get(userAgent) ?? read(userAgent);
  known.set(userAgent, device);
  return { ...device };
}

function read(userAgent: string): Device {
  const { browser, os, platform } = Bowser.parse(userAgent);
  return { browser: browser.name || null, os: os.name || null, type: platform.type || null };
}
