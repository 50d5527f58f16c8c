import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';

/** Debian's package `chromium`, or the browser that `CHROMIUM` names. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why there is no browser to test with; undefined when there is one. */
const noBrowser = existsSync(executablePath) ? undefined : `there is no ${executablePath}`;

if (noBrowser) process.stderr.write(`\nBROWSER SPECS: SKIPPED (${noBrowser}; set CHROMIUM)\n\n`);

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

/** Takes a picture into the git-ignored folder `tmp/screenshots`. */
export async function screenshot(page: Page, name: string, fullPage = true): Promise<void> {
  const folder = path.join(__dirname, '../../tmp/screenshots');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage });
}

/** As `describe`, where there is a browser. */
export const describeInBrowser = noBrowser ? describe.skip : describe;
