import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import express from 'express';
import { chromium, type Page } from 'playwright-core';
import type { SpecServer } from '../../support/server';
import { ROOT } from './client-process';

/** Debian's package `chromium`, or the browser that `CHROMIUM` names. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why there is no browser to test with; undefined when there is one. */
export const noBrowser = existsSync(executablePath) ? undefined : `there is no ${executablePath}`;

export const launchBrowser = () =>
  chromium.launch({
    executablePath,
    // As root Chromium runs without its sandbox only; the rest keeps it from talking to anyone but the spec's server.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

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

/** Takes a picture into the git-ignored folder `tmp/screenshots`. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = path.join(ROOT, 'tmp/screenshots');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

/** What the page has counted in this tab, reloads included. */
export const counts = (page: Page): Promise<{ loads: number; calls: number; forms: number }> =>
  page.evaluate(
    `Object.fromEntries(['loads', 'calls', 'forms'].map(name => [name, Number(sessionStorage.getItem(name) ?? 0)]))`,
  );
