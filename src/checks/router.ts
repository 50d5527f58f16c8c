import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const load = createRequire(__filename);

/** The first version of `router` that Parse Server's batch and its SDK calls fail with. */
const BROKEN = { major: 2, minor: 3 };

/** Where to look for packages from: this one, and the app. */
export const PATHS = [__dirname, process.cwd()];

/**
 * A warning where Parse Server would get a `router` that it cannot work with: it uses the inside of that package
 * (`PromiseRouter.js` of 9.10.0).
 * @param paths where to look for Parse Server from.
 */
export function brokenRouter(paths = PATHS): string[] {
  const version = routerVersion(paths);
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version ?? '') ?? [];
  if (Number(major) !== BROKEN.major || !(Number(minor) >= BROKEN.minor)) return [];
  return [
    `Parse Server gets router ${version} here, with which /batch answers 500 and the SDK in cloud code 141. ` +
      'Have version 2.2.0 of router installed: "overrides" in package.json for npm, in pnpm-workspace.yaml for pnpm, ' +
      '"resolutions" for yarn.',
  ];
}

function routerVersion(paths: string[]): string | undefined {
  try {
    const parseServer = load.resolve('parse-server', { paths });
    const manifest = createRequire(parseServer).resolve('router/package.json');
    return JSON.parse(readFileSync(manifest, 'utf8')).version;
  } catch {
    // It lies somewhere else: then nothing is known of it.
    return undefined;
  }
}
