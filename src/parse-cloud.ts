import type { ParseSdk } from './parse-server';

// Parse Server takes handlers and validators of many shapes.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Register = (...args: any[]) => unknown;
/** Composes with what the app registers, and hands it on to Parse Server. */
export type Composer = (register: Register, ...args: Parameters<Register>) => unknown;

const REGISTRATIONS = ['define', 'job', 'beforeSave', 'beforeDelete', 'beforeConnect'] as const;
export type Registration = (typeof REGISTRATIONS)[number];

/**
 * The one place that wraps `Parse.Cloud`: has what cloud code registers composed with this package's guards.
 * @param isOwn whether it is this package's app that registers: all apps of a process share `Parse.Cloud`.
 */
export function wrapCloud(
  Parse: ParseSdk,
  composers: Readonly<Record<Registration, Composer>>,
  isOwn: () => boolean,
): void {
  for (const name of REGISTRATIONS) {
    const register = registrationOf(Parse, name);
    Parse.Cloud[name] = (...args: never[]) =>
      isOwn() ? composers[name](register, ...args) : register(...args);
  }
}

/** One of Parse Server's own functions, such as `Parse.Cloud.define`, as it is now. */
export const registrationOf = (Parse: ParseSdk, name: Registration): Register =>
  (Parse.Cloud[name] as Register).bind(Parse.Cloud);

/**
 * Keeps what the app registers after its server is constructed and before it has started, when nothing can be composed
 * with it yet. Parse Server installs `Parse.Cloud` anew at its start, and with it its own functions.
 * @returns a function that registers all of it.
 */
export function keepEarlyCloud(applicationId: unknown): (Parse: ParseSdk) => void {
  const early = (globalThis as unknown as { Parse?: ParseSdk }).Parse;
  const kept: Array<{ name: Registration; args: never[] }> = [];
  if (early?.Cloud) {
    for (const name of REGISTRATIONS) {
      const register = early.Cloud[name];
      if (typeof register !== 'function') continue;
      early.Cloud[name] = (...args: never[]) => {
        if (early.applicationId !== applicationId) return register.apply(early.Cloud, args);
        kept.push({ name, args });
        return undefined;
      };
    }
  }
  return Parse => kept.splice(0).forEach(({ name, args }) => Parse.Cloud[name]!(...args));
}
