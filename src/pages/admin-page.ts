import * as z from 'zod';
import type { ResolvedOptions } from '../options';
import { foreignOrigin, pageShape, readPageOptions, settingsOf, type PageOptions } from './options';
import { pageHandler, type PageHandler } from './page';

/** The options of `sessions.adminPage()`. */
export type AdminPageOptions = PageOptions;

/** The page on which operators see all sessions, search them, and sign them out. It asks for the master key. */
export function adminPage(
  options: AdminPageOptions,
  { functionPrefix }: Pick<ResolvedOptions, 'functionPrefix'>,
  appId: () => string | undefined,
): PageHandler {
  const given = readPageOptions('adminPage', z.strictObject(pageShape('admin')), options);
  return pageHandler({
    scripts: ['admin.js'],
    style: 'admin.css',
    title: given.title ?? 'Sessions',
    paths: [''],
    connect: foreignOrigin(given.parseMount),
    appId,
    settings: settingsOf(given, functionPrefix),
  });
}
