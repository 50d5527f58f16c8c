import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { DevicesPageOptions } from '../../../src/pages/devices-page';
import type { SessionsOptions } from '../../../src';
import { launchBrowser, screenshot } from '../../support/browser';
import { startServer, type HarnessOptions, type SpecServer, type SpecUser } from '../../support/server';

const axeSource = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

/** Browsers as they name themselves. */
export const AGENTS = {
  firefox: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0',
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 ' +
    'Mobile/15E148 Safari/604.1',
  mac:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 ' +
    'Safari/537.36',
};

/** How a page is looked at. */
export const LOOKS = [
  { name: '1280-light', viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  { name: '1280-dark', viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
  { name: '360-light', viewport: { width: 360, height: 740 }, colorScheme: 'light' },
  { name: '360-dark', viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
] as const;

export interface PageServer extends SpecServer {
  browser: Browser;
  origin: string;
  /** What pages have complained of: errors of scripts, and of the Content-Security-Policy. */
  problems: string[];
  /** Closes the browsers of a spec. Nothing in them may have complained. */
  closeContexts(): Promise<void>;
  /** A browser of its own: nothing that another one stores. */
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** A tab at a path of the devices page. */
  open(context: BrowserContext, path?: string): Promise<Page>;
  /** The same, signed in by its form. */
  signedIn(context: BrowserContext, user: SpecUser, path?: string): Promise<Page>;
  /** A session of the user from another device. */
  logInFrom(user: SpecUser, agent: string, address?: string, installationId?: string): Promise<SpecUser>;
}

/** A server with the devices page at `/sessions`, and a browser. Addresses are what the requests say. */
export async function startPageServer(
  options: SessionsOptions = {},
  {
    page = {},
    parseServer = {},
    harness = {},
  }: { page?: DevicesPageOptions; parseServer?: object; harness?: HarnessOptions } = {},
): Promise<PageServer> {
  const server = await startServer(options, parseServer, harness);
  server.app.set('trust proxy', true);
  server.app.use('/sessions', server.sessions.devicesPage(page));
  const browser = await launchBrowser();
  const contexts: BrowserContext[] = [];
  const problems: string[] = [];
  const origin = new URL(server.url).origin;

  const open = async (context: BrowserContext, path = '/sessions/') => {
    const tab = await context.newPage();
    tab.on('pageerror', error => problems.push(String(error)));
    tab.on('console', message => {
      if (/Content[- ]Security|Trusted|Refused to/i.test(message.text())) problems.push(message.text());
    });
    tab.setDefaultTimeout(10_000);
    await tab.goto(new URL(path, origin).href);
    return tab;
  };

  return {
    ...server,
    browser,
    origin,
    problems,
    async newContext(given = {}) {
      const context = await browser.newContext({ viewport: LOOKS[0].viewport, locale: 'en-US', ...given });
      contexts.push(context);
      return context;
    },
    async closeContexts() {
      await Promise.all(contexts.splice(0).map(context => context.close()));
      expect(problems.splice(0)).toEqual([]);
    },
    open,
    async signedIn(context, user, path) {
      const tab = await open(context, path);
      await signIn(tab, user);
      return tab;
    },
    logInFrom: (user, agent, address = '198.51.100.7', installationId) =>
      server.login(user.username, user.password, {
        'User-Agent': agent,
        'X-Forwarded-For': address,
        ...(installationId && { 'X-Parse-Installation-Id': installationId }),
      }),
    async stop(how) {
      await browser.close();
      await server.stop(how);
    },
  };
}

/** How each spec of a page ends, and all of them. */
export function closeAfterwards(server: () => PageServer | undefined): void {
  afterEach(() => server()?.closeContexts());
  afterAll(() => server()?.stop());
}

/** Fills in the page's own form. */
export async function signIn(tab: Page, { username, password }: Pick<SpecUser, 'username' | 'password'>) {
  await tab.getByLabel('User name').fill(username);
  await tab.getByLabel('Password').fill(password);
  await tab.getByRole('button', { name: 'Sign in' }).click();
  await tab.getByRole('button', { name: 'Sign in' }).waitFor({ state: 'detached' });
}

/** The names of the devices in a list. */
export async function devicesIn(tab: Page, section: string): Promise<string[]> {
  const region = tab.getByRole('region', { name: section });
  await region.waitFor();
  return region.getByRole('heading', { level: 3 }).allInnerTexts();
}

/** Waits until the page has told a result. */
export const told = (tab: Page, text: string) =>
  tab.getByRole('status').filter({ hasText: text }).first().waitFor();

interface AxeResult {
  violations: Array<{ id: string; nodes: Array<{ target: string[] }> }>;
}

/** What stands in nobody's way: what axe finds, and whether something is wider than the screen. Takes a picture, too. */
export async function lookAt(tab: Page, name: string): Promise<void> {
  // A dialog covers what is on the screen.
  await screenshot(tab, name, (await tab.getByRole('dialog').count()) === 0);
  await tab.evaluate(axeSource);
  const { violations } = await tab.evaluate<AxeResult>('axe.run()');
  expect(violations.map(({ id, nodes }) => `${name}: ${id} at ${nodes[0]?.target.join(' ')}`)).toEqual([]);
  expect(await tab.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
}

/** Everything that a page's document and storage hold, as one text. */
export const everythingIn = (tab: Page): Promise<string> =>
  tab.evaluate(`[
    document.documentElement.outerHTML,
    ...Array.from(document.querySelectorAll('input, textarea, select'), field => field.value),
    location.href,
    ...performance.getEntries().map(entry => entry.name),
    document.cookie,
    JSON.stringify(sessionStorage),
    JSON.stringify(localStorage),
  ].join('\\n')`);
