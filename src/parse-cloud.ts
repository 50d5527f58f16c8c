import type { ParseSdk } from './parse-server';

// Parse Server takes handlers and validators of many shapes.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Register = (...args: any[]) => unknown;
/**
 * Takes what the app registers, and hands it on to Parse Server by `register`: as it is, with a guard in front, or
 * not.
 */
export type Composer = (register: Register, ...args: Parameters<Register>) => unknown;

const REGISTRATIONS = ['define', 'job', 'beforeSave', 'beforeDelete', 'beforeFind', 'beforeConnect'] as const;
export type Registration = (typeof REGISTRATIONS)[number];

/**
 * The one place that wraps `Parse.Cloud`. What the app's cloud code registers from now on goes through the
 * composers.
 * @param isOwn whether the mounted app registers: all apps of a process share one `Parse.Cloud`.
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

/** A function of `Parse.Cloud` by which one registers, such as `define`, as it is at this moment. */
export const registrationOf = (Parse: ParseSdk, name: Registration): Register =>
  (Parse.Cloud[name] as Register).bind(Parse.Cloud);

/**
 * Keeps what the app registers between the construction and the start of its server: there is no guard yet to
 * compose it with. At the start Parse Server puts its own functions back (`ParseServer.js#addParseCloud` of
 * 9.10.0).
 * @returns a function that registers all that was kept.
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
