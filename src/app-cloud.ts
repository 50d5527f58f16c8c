import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { ParseSdk } from './parse-server';

const load = createRequire(__filename);

/**
 * Loads the app's cloud code as Parse Server loads its option `cloud` (`ParseServer.js#start` of 9.10.0). A
 * function is called with `Parse`. A path is resolved from the working directory, then imported where the app's
 * package is an ES module, and required otherwise.
 * @throws TypeError for anything else.
 */
export async function loadAppCloud(cloud: unknown, Parse: ParseSdk): Promise<void> {
  if (cloud === undefined || cloud === null || cloud === '') return;
  if (typeof cloud === 'function') {
    await cloud(Parse);
    return;
  }
  // As Parse Server rejects it (`ParseServer.js#start` of 9.10.0).
  if (typeof cloud !== 'string') throw "argument 'cloud' must either be a string or a function";
  const path = resolve(process.cwd(), cloud);
  if (isModulePackage()) await import(path);
  else load(path);
}

function isModulePackage(): boolean {
  const { npm_package_type: type, npm_package_json: manifest } = process.env;
  return type === 'module' || Boolean(manifest && load(manifest).type === 'module');
}
