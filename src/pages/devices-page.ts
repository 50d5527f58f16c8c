import * as z from 'zod';
import type { ResolvedOptions } from '../options';
import { foreignOrigin, pageShape, readPageOptions, settingsOf, type PageOptions } from './options';
import { pageHandler, type PageHandler } from './page';

/** The options of `sessions.devicesPage()`. */
export interface DevicesPageOptions extends PageOptions {
  /**
   * The path or address of the app's own log-in page, to which whoever is signed out is sent. It is the path that browsers
   * see. In the place of `{page}` stands the path of the page that he comes from: `'/login?next={page}'`.
   * @default the page shows a form for user name and password
   */
  loginPath?: string;
}

const loginPath = z
  .string()
  .max(2000)
  .regex(/^(?:\/(?![/\\])|https?:\/\/)(?:[^\s\\{}]|\{page\})*$/)
  .optional()
  .describe('a path such as "/login?next={page}", or an address of http or https');

/** The page on which users see where they are signed in, sign devices out, and pair new ones. */
export function devicesPage(
  options: DevicesPageOptions,
  { functionPrefix, pairing }: Pick<ResolvedOptions, 'functionPrefix' | 'pairing'>,
  appId: () => string | undefined,
): PageHandler {
  const schema = z.strictObject({ ...pageShape('devices'), loginPath });
  const given = readPageOptions('devicesPage', schema, options);
  return pageHandler({
    scripts: ['sdk.js', 'devices.js'],
    style: 'devices.css',
    title: given.title ?? 'Where you are signed in',
    paths: ['', 'pair', 'report'],
    connect: foreignOrigin(given.parseMount),
    appId,
    settings: {
      ...settingsOf(given, functionPrefix),
      loginPath: given.loginPath ?? null,
      scopes: pairing?.scopes ?? null,
      pairs: pairing !== undefined,
    },
  });
}
