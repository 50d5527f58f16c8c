import Bowser from 'bowser';
import { boundedCache } from './bounded-cache';
import { cut, MAX_LENGTH } from './client-texts';

/** What a user agent tells of a device; `null` for what it does not tell. No name holds a version. */
export interface Device {
  /** The browser, or the app; 64 characters at most. */
  browser: string | null;
  os: string | null;
  /** `desktop`, `mobile`, `tablet`, `tv`, `bot`, or `null` when unknown. */
  type: string | null;
}

const MAX_NAME = 64;

/**
 * Devices by user agent. Parsing one costs a hundred times as much as this look-up, and sessions share few of
 * them.
 */
const known = boundedCache<Device>(1000, { usual: 1024 });

export function deviceOf(userAgent: string | null): Device {
  if (!userAgent) return { browser: null, os: null, type: null };
  // No stored user agent is longer, and the patterns take more time the longer it is.
  userAgent = cut(userAgent, MAX_LENGTH.userAgent);
  const device = known.get(userAgent) ?? read(userAgent);
  known.set(userAgent, device);
  return { ...device };
}

/**
 * What browsers begin with. The library knows browsers, but finds them by a word anywhere: in an app called FocusTimer
 * the browser Focus.
 */
const BROWSER = /^(?:Mozilla|Opera)\//;
/** Where a browser that the library does not know begins with this, it takes all up to some version for the name. */
const UNKNOWN_BROWSER = 'Mozilla';

function read(userAgent: string): Device {
  const { browser, os, platform } = Bowser.parse(userAgent);
  const found: Device = { browser: browser.name || null, os: os.name || null, type: platform.type || null };
  if (found.type === 'bot') return found;
  if (!BROWSER.test(userAgent)) return { ...found, ...systemOf(userAgent), browser: appOf(userAgent) };
  if (found.browser === 'Electron') return { ...found, browser: electronAppOf(userAgent) ?? found.browser };
  return found.browser?.startsWith(UNKNOWN_BROWSER) ? { ...found, browser: UNKNOWN_BROWSER } : found;
}

/** Apps by what they send for their name. */
const APPS: Readonly<Record<string, string>> = {
  node: 'Node.js',
  undici: 'Node.js',
  // The Parse SDK of JavaScript sends it in Node.js only: a browser sends its own.
  Parse: 'Node.js',
  'Parse Android SDK API Level': 'Parse Android SDK',
  PostmanRuntime: 'Postman',
  UnityPlayer: 'Unity',
};

/** A name: letters and digits in any script, and what joins them. No quotes, no brackets, nothing invisible. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} .&+@_-]*/u;
/** A version within a name: one of several numbers, with all that follows, or a single one at the end. */
const VERSION = /[ _-]+v?\d+(?:\.\d.*|$)/i;

/** The name of an app that is no browser: what stands before the first version or remark. */
function appOf(userAgent: string): string | null {
  const text = decoded(userAgent.split(/[/(;]/, 1)[0] ?? '');
  const name = nameIn(text);
  if (name === null || name === 'CFNetwork') return null;
  return Object.hasOwn(APPS, name) ? (APPS[name] ?? null) : name;
}

/** An Electron app stands in front of the version of Chrome that it is made of. */
function electronAppOf(userAgent: string): string | null {
  const product = /Gecko\) ([^/\s]+)\/\S+ Chrome\//.exec(userAgent)?.[1];
  return product ? nameIn(decoded(product)) : null;
}

function nameIn(text: string): string | null {
  const named = NAME.exec(text.trim())?.[0].replace(VERSION, '').slice(0, MAX_NAME);
  // The cut may have left half a letter behind.
  const name = named?.replace(/[\ud800-\udbff]$/, '').replace(/[ ._-]+$/, '');
  return name && /\p{L}/u.test(name) ? name : null;
}

/** Apple's systems percent-encode names. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The systems of apps by their signs, in the order in which they count. */
const SYSTEMS: ReadonlyArray<[sign: RegExp, os: string, type: string | null]> = [
  [/\btvOS\b|Apple ?TV/, 'tvOS', 'tv'],
  [/\bwatchOS\b/, 'watchOS', null],
  [/\bvisionOS\b/, 'visionOS', null],
  [/\biPad(?:OS)?\b/, 'iOS', 'tablet'],
  [/\b(?:iPhone|iPod|iOS)\b/, 'iOS', 'mobile'],
  // CFNetwork names the processor on a Mac only. On one of Apple's own it does not, and passes for iOS.
  [/\bmacOS\b|Mac OS X|Macintosh|-apple-darwin|CFNetwork\/.*\((?:x86_64|i386|arm64)/, 'macOS', 'desktop'],
  [/\bCFNetwork\//, 'iOS', 'mobile'],
  [/\bAndroid\b.*\bTV\b/, 'Android', 'tv'],
  [/\bAndroid\b.*\btablet\b/i, 'Android', 'tablet'],
  [/\b(?:Android|Dalvik|okhttp)\b/i, 'Android', 'mobile'],
];

function systemOf(userAgent: string): Pick<Device, 'os' | 'type'> | undefined {
  const found = SYSTEMS.find(([sign]) => sign.test(userAgent));
  return found && { os: found[1], type: found[2] };
}

/**
 * The names by which this package told devices apart before it knew apps. For an app they hold its version, or
 * nothing at all.
 */
export function formerNamesOf(userAgent: string | null): [browser: string | null, os: string | null] {
  if (!userAgent) return [null, null];
  const { browser, os } = Bowser.parse(cut(userAgent, MAX_LENGTH.userAgent));
  return [browser.name || null, os.name || null];
}
