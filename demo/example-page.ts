import path from 'node:path';
import type { Settings } from '../settings';
import { pageHandler, type PageHandler } from '../src/pages/page';

export const DEVICES_PAGE = '/sessions';
export const ADMIN_PAGE = '/sessions-admin';

/** The page at `/` of `npm start`, an app of four steps: see `page/`. It is a page as the package's own, under the same policy. */
export const examplePage = ({ appId, parseMount }: Pick<Settings, 'appId' | 'parseMount'>): PageHandler =>
  pageHandler({
    scripts: ['example.js'],
    style: 'example.css',
    folder: path.join(__dirname, '../.cache/demo'),
    title: 'parse-server-sessions',
    paths: [''],
    connect: undefined,
    appId: () => appId,
    settings: {
      parseMount,
      devicesPage: `${DEVICES_PAGE}/`,
      adminPage: `${ADMIN_PAGE}/`,
      readme: '/README.md',
    },
  });
