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
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- as Parse Server rejects it (`ParseServer.js#start`)
  if (typeof cloud !== 'string') throw "argument 'cloud' must either be a string or a function";
  const path = resolve(process.cwd(), cloud);
  if (isModulePackage()) await import(path);
  else load(path);
}

function isModulePackage(): boolean {
  const { npm_package_type: type, npm_package_json: manifest } = process.env;
  return type === 'module' || Boolean(manifest && load(manifest).type === 'module');
}
