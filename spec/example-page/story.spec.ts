import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { describeInBrowser, launchBrowser, screenshot } from '../support/browser';
import { freePort } from '../support/free-port';
import { freshDatabase, restAt } from '../support/server';
import { eventually } from '../support/time';

const ROOT = path.join(__dirname, '../..');

/** What `npm start` starts, on a port and a database of its own. */
async function startIndex(env: Record<string, string> = {}) {
  const [port, databaseURI] = await Promise.all([freePort(), freshDatabase()]);
  const child = spawn(path.join(ROOT, 'node_modules/.bin/ts-node'), ['--transpile-only', 'index.ts'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, PORT: String(port), DATABASE_URI: databaseURI, MASTER_KEY: 'key', ...env },
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', chunk => {
        output += chunk;
        if (output.includes('The whole story')) resolve();
      });
    }
    child.once('exit', () => reject(new Error(`It has ended:\n${output}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    output,
    async stop() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

describeInBrowser('the example page', () => {
  let browser: Browser;
  let context: BrowserContext;
  let server: Awaited<ReturnType<typeof startIndex>>;
  const problems: string[] = [];
  /** The tokens that the server has given to the page's devices. */
  const tokens: string[] = [];

  beforeAll(async () => {
    [browser, server] = await Promise.all([launchBrowser(), startIndex()]);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function open({ url = server.url, width = 1280, colorScheme = 'light' as 'light' | 'dark' } = {}) {
    problems.length = tokens.length = 0;
    context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
    context.on('page', watch);
    const page = await context.newPage();
    await page.goto(`${url}/`);
    return page;
  }

  function watch(page: Page): void {
    page.on('pageerror', error => problems.push(String(error)));
    page.on('console', message => {
      // So Chromium tells of what the server refuses.
      const isRefusal = message
        .text()
        .startsWith('Failed to load resource: the server responded with a status of 400');
      if (message.type() === 'error' && !isRefusal) problems.push(message.text());
    });
    page.on('response', async response => {
      if (!/createRestrictedSession|completePairing/.test(response.url())) return;
      const { result } = await response.json();
      if (result.sessionToken) tokens.push(result.sessionToken);
    });
  }

  afterEach(async () => {
    await context.close();
    expect(problems).toEqual([]);
  });

  const click = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
  const says = (page: Page, step: number, text: string) =>
    page
      .getByRole('log', { name: `step ${step}` })
      .getByText(text)
      .waitFor();
  const devices = (page: Page) => page.getByRole('region', { name: 'Sign up' }).getByRole('listitem');

  async function signUp(page: Page): Promise<string> {
    await click(page, 'Sign up');
    await devices(page).getByText('This device').waitFor();
    return page.getByRole('region', { name: 'Sign up' }).locator('strong').innerText();
  }

  async function isAccessible(page: Page): Promise<void> {
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`)).toEqual([]);
    // Nothing is wider than the window.
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
  }

  it.each([
    [1280, 'light'],
    [360, 'dark'],
  ] as const)(
    'tells its story, %i px wide and %s',
    async (width, colorScheme) => {
      const page = await open({ width, colorScheme });
      await isAccessible(page);
      await screenshot(page, `example-${width}-1-new`);
      const name = await signUp(page);
      expect(name).toMatch(/^ada-[0-9a-f]{4}$/);

      await click(page, 'Make a sensor token');
      await says(page, 2, 'a token');
      await click(page, 'Send a reading');
      await says(page, 2, 'saved as');
      await click(page, 'Read the invoices');
      await says(page, 2, '119 not allowed: outside the scopes of this session (Invoice:read)');
      await click(page, 'Change the password');
      await says(page, 2, '119 write operation not allowed: restricted session');
      await devices(page).filter({ hasText: 'Sensor' }).getByText('may only Telemetry:create').waitFor();

      await click(page, 'Pair the television');
      const link = page.getByRole('link', { name: 'Allow it' });
      await link.waitFor();
      await screenshot(page, `example-${width}-2-code`);
      expect(await link.getAttribute('href')).toMatch(/^\/sessions\/pair#userCode=[A-Z]{4}-[A-Z]{4}$/);
      const [pairing] = await Promise.all([context.waitForEvent('page'), link.click()]);
      await click(pairing, 'Next');
      await click(pairing, 'Allow');
      await page.getByText('Signed in', { exact: true }).waitFor({ timeout: 20_000 });
      await page.getByText('°C').waitFor();
      await devices(page).getByText('Television').waitFor();

      const last = page.getByRole('region', { name: 'Sign out the sensor' });
      await last.getByRole('button', { name: 'Sign out Sensor' }).click();
      await says(page, 4, 'Sensor is signed out, at once');
      await devices(page).filter({ hasText: 'Sensor' }).waitFor({ state: 'detached' });
      // The button is gone: the keyboard goes on from the step that it was in.
      await eventually(async () =>
        expect(await page.evaluate('document.activeElement.textContent')).toBe('4 Sign out the sensor'),
      );
      await click(page, 'Send another reading');
      await says(page, 4, '209 Invalid session token');
      await says(page, 4, 'Signed out from another device, just now.');
      await page
        .getByRole('group', { name: 'The sensor' })
        .getByText('Signed out from another device')
        .waitFor();
      await isAccessible(page);
      await screenshot(page, `example-${width}-3-end`);

      expect(tokens.length).toBe(2);
      const stored = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])');
      const own = JSON.parse(
        (await page.evaluate("localStorage.getItem('Parse/demo-app/currentUser')")) as string,
      );
      const html = await page.content();
      for (const token of tokens) expect(html + stored).not.toContain(token);
      expect(html).not.toContain(own.sessionToken);
    },
    90_000,
  );

  it('knows after a reload who is signed in, and says why he no longer is', async () => {
    const page = await open();
    const name = await signUp(page);
    await page.reload();
    await page.getByText(`You are ${name}`).waitFor();
    await devices(page).getByText('This device').waitFor();

    const full = await context.newPage();
    await full.goto(`${server.url}/sessions/`);
    await click(full, 'Sign out everywhere');
    await full
      .getByRole('dialog')
      .getByRole('button', { name: /^Sign out/ })
      .click();
    await full.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.evaluate("dispatchEvent(new Event('focus'))");
    await says(page, 1, 'You signed out in this browser, just now.');
    await page.getByRole('button', { name: 'Sign up' }).waitFor();
    expect(await page.evaluate("localStorage.getItem('Parse/demo-app/currentUser')")).toBeNull();
  }, 60_000);

  it('finds a server with other names, and is in nobody’s way where PARSE_MOUNT is /', async () => {
    const other = await startIndex({ PARSE_MOUNT: '/', APP_ID: 'other', HOST: '0.0.0.0' });
    try {
      expect(other.output).toContain(`Open ${other.url}/ `);
      const page = await open({ url: other.url });
      await signUp(page);
      await click(page, 'Make a sensor token');
      await says(page, 2, 'a token');

      const { sessionToken: token } = JSON.parse(
        (await page.evaluate("localStorage.getItem('Parse/other/currentUser')")) as string,
      );
      const rest = restAt(other.url, 'other');
      expect((await rest('GET', '/sessions', { token })).body.results.length).toBe(2);
      expect((await rest('POST', '/sessions', { token, body: {} })).body).toMatchObject({ restricted: true });
      expect((await rest('GET', '/health')).body).toEqual({ status: 'ok' });
      expect((await fetch(`${other.url}/sessions/`)).headers.get('Content-Type')).toMatch('text/html');
      expect((await fetch(`${other.url}/README.md`)).headers.get('Content-Type')).toMatch('text/plain');
    } finally {
      await other.stop();
    }
  }, 60_000);
});
