import path from 'node:path';
import { buildSync } from 'esbuild';
import express from 'express';
import type { Page } from 'playwright-core';
import type { SpecServer } from '../../support/server';
import { ROOT } from './client-process';

/** Bundles the example page as an app's bundler does, and serves it beside the Parse Server. */
export function servePage({ app }: SpecServer): void {
  const outfile = path.join(ROOT, `.cache/specs/page-${process.env.JEST_WORKER_ID}/app.js`);
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: ['spec/client/page/app.mjs'],
    alias: { 'parse-server-sessions/client': './src/client/index.ts' },
    outfile,
    bundle: true,
    platform: 'browser',
    format: 'esm',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  app.use(
    '/page',
    express.static(path.dirname(outfile)),
    express.static(path.join(ROOT, 'spec/client/page')),
  );
}

/** What the page has counted in this tab, reloads included. */
export const counts = (page: Page): Promise<{ loads: number; calls: number; forms: number }> =>
  page.evaluate(
    `Object.fromEntries(['loads', 'calls', 'forms'].map(name => [name, Number(sessionStorage.getItem(name) ?? 0)]))`,
  );
