import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { ParseSdk } from './parse-server';

const load = createRequire(__filename);

/**
 * Loads the app's cloud code exactly as Parse Server loads its option `cloud`: a function is called with `Parse`, a
 * path is resolved from the working directory and imported or required, as the app's package is a module or not.
 */
export async function loadAppCloud(cloud: unknown, Parse: ParseSdk): Promise<void> {
  if (cloud === undefined || cloud === null || cloud === '') return;
  if (typeof cloud === 'function') {
    await cloud(Parse);
    return;
  }
  if (typeof cloud !== 'string') throw new TypeError("The option 'cloud' takes a path or a function.");
  const path = resolve(process.cwd(), cloud);
  if (isModulePackage()) await import(path);
  else load(path);
}

function isModulePackage(): boolean {
  const { npm_package_type: type, npm_package_json: manifest } = process.env;
  return type === 'module' || Boolean(manifest && load(manifest).type === 'module');
}

/** What cloud code registers, and this package composes with. */
const REGISTRATIONS = ['define', 'job', 'beforeSave', 'beforeDelete', 'beforeSubscribe', 'beforeConnect'];

/**
 * Keeps what the app registers after its server is constructed and before it has started, when this package cannot
 * compose with it yet. Parse Server installs `Parse.Cloud` anew at its start, and with it the original functions.
 * @returns a function that registers all of it.
 */
export function keepEarlyCloud(applicationId: unknown): (Parse: ParseSdk) => void {
  const early = (globalThis as unknown as { Parse?: ParseSdk }).Parse;
  const kept: Array<{ name: string; args: never[] }> = [];
  if (early?.Cloud) {
    for (const name of REGISTRATIONS) {
      const original = early.Cloud[name];
      if (typeof original !== 'function') continue;
      early.Cloud[name] = (...args: never[]) => {
        // Another app of this process.
        if (early.applicationId !== applicationId) return original.apply(early.Cloud, args);
        kept.push({ name, args });
        return undefined;
      };
    }
  }
  return Parse => kept.splice(0).forEach(({ name, args }) => Parse.Cloud[name]?.(...args));
}
