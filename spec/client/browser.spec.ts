import type { Browser, BrowserContext, Page } from 'playwright-core';
import { describeInBrowser, launchBrowser, screenshot } from '../support/browser';
import { startServer, type SpecServer, type SpecUser } from '../support/server';
import { counts, servePage } from './support/browser';
import { watchRequests } from './support/client-process';

describeInBrowser('in a real browser', () => {
  let server: SpecServer;
  let browser: Browser;
  let context: BrowserContext;
  let user: SpecUser;
  let requests: ReturnType<typeof watchRequests>;
  const problems: string[] = [];

  beforeAll(async () => {
    server = await startServer();
    servePage(server);
    requests = watchRequests(server);
    browser = await launchBrowser();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  beforeEach(async () => {
    user = await server.signUp();
    context = await browser.newContext({ viewport: { width: 800, height: 600 } });
    problems.length = 0;
  });

  afterEach(async () => {
    await context.close();
    expect(problems).toEqual([]);
  });

  /** A second tab of the same browser gets a session of its own on another origin: storage is kept by origin. */
  async function openTab(host: '127.0.0.1' | 'localhost', hash = ''): Promise<Page> {
    const page = await context.newPage();
    page.on('pageerror', error => problems.push(String(error)));
    await page.goto(`${server.url.replace('127.0.0.1', host).replace('/parse', '/page/')}${hash}`);
    return page;
  }

  async function logIn(page: Page, { username, password } = user): Promise<void> {
    await page.fill('[name=username]', username);
    await page.fill('[name=password]', password);
    await page.click('#log-in button');
    await page.waitForSelector('text=Up to date.');
  }

  const shows = (page: Page, text: string) => page.waitForSelector(`text=${text}`, { timeout: 10_000 });

  /** Whether the page stays as it is, instead of going round in circles. */
  async function staysAsItIs(page: Page): Promise<void> {
    const before = await counts(page);
    await page.waitForTimeout(500);
    expect(await counts(page)).toEqual(before);
  }

  it('a tab that another tab logs out shows its log-in form once, and can log in again', async () => {
    const phone = await openTab('127.0.0.1');
    await logIn(phone);
    const laptop = await openTab('localhost');
    await logIn(laptop);
    await shows(laptop, 'this device');
    expect(await laptop.locator('.revoke').count()).toBe(2);
    await screenshot(laptop, `${server.database}-1-devices`);

    requests.paths.length = 0;
    for (let left = 1; left >= 0; left -= 1) {
      await laptop.locator('.revoke').first().click();
      await laptop.waitForFunction(`document.querySelectorAll('.revoke').length === ${left}`);
    }
    await phone.click('#refresh');
    await shows(phone, 'Your session is over. You signed this device out from another one at ');
    await screenshot(phone, `${server.database}-2-logged-out`);
    await staysAsItIs(phone);
    expect(await counts(phone)).toEqual({ loads: 1, calls: 1, forms: 2 });
    expect(requests.count('/logout')).toBe(1);

    await logIn(phone);
    await phone.click('#refresh');
    await shows(phone, 'Up to date.');
    expect(await counts(phone)).toEqual({ loads: 1, calls: 1, forms: 2 });
    expect(await counts(laptop)).toEqual({ loads: 1, calls: 0, forms: 1 });
    await laptop.click('#refresh');
    await shows(laptop, 'Up to date.');
  }, 60_000);

  it('a user who logs out everywhere is shown the log-in form once, in each tab', async () => {
    const phone = await openTab('127.0.0.1');
    await logIn(phone);
    const laptop = await openTab('localhost');
    await logIn(laptop);

    requests.paths.length = 0;
    await laptop.click('#leave');
    await shows(laptop, 'Your session is over. You signed out everywhere. Please log in again.');
    await staysAsItIs(laptop);
    expect(await counts(laptop)).toEqual({ loads: 1, calls: 1, forms: 2 });
    expect(requests.count('/logout')).toBe(1);
    expect(await server.sessions.store.countActive(user.userId)).toBe(0);
    // Nothing of him is left in the storage.
    await laptop.reload();
    await shows(laptop, 'Welcome.');

    await phone.click('#refresh');
    await shows(phone, 'Your session is over.');
    expect(await counts(phone)).toEqual({ loads: 1, calls: 1, forms: 2 });
  }, 60_000);

  it('a page that reloads itself does so once: no reload loop', async () => {
    const page = await openTab('127.0.0.1', '#reload');
    await logIn(page);
    await server.sessions.store.revokeAllForUser(user.userId);
    await page.click('#refresh');
    await shows(page, 'Welcome.');
    await staysAsItIs(page);
    expect(await counts(page)).toEqual({ loads: 2, calls: 1, forms: 2 });
    await logIn(page);
  }, 60_000);

  it('a tab that loads with a session long over shows its log-in form once', async () => {
    const first = await openTab('127.0.0.1');
    await logIn(first);
    await first.close();
    await server.sessions.store.revokeAllForUser(user.userId);
    const page = await openTab('127.0.0.1');
    await shows(page, 'Your session is over.');
    await staysAsItIs(page);
    expect(await counts(page)).toEqual({ loads: 1, calls: 1, forms: 1 });
  }, 60_000);

  it('two tabs that share one session: after a new log-in in one the other goes on, and logs nobody out', async () => {
    const one = await openTab('127.0.0.1');
    await logIn(one);
    const two = await openTab('127.0.0.1');
    await shows(two, 'Up to date.');
    await server.sessions.store.revokeAllForUser(user.userId);
    await one.click('#refresh');
    await shows(one, 'Your session is over.');
    await logIn(one);

    requests.paths.length = 0;
    await two.click('#refresh');
    await shows(two, 'Up to date.');
    expect(await counts(two)).toEqual({ loads: 1, calls: 0, forms: 0 });
    expect(requests.count('/logout')).toBe(0);
    await one.reload();
    await shows(one, 'Up to date.');
    expect(await server.sessions.store.countActive(user.userId)).toBe(1);
  }, 60_000);

  it('two tabs that share one session: when one gets a new token, the other waits for it and goes on', async () => {
    const one = await openTab('127.0.0.1');
    await logIn(one);
    const two = await openTab('127.0.0.1');
    await shows(two, 'Up to date.');
    let arrive = () => {};
    const arrived = new Promise<void>(resolve => (arrive = resolve));
    let answer = () => {};
    const answered = new Promise<void>(resolve => (answer = resolve));
    // The server has replaced the token, but its answer takes its time.
    await one.route('**/functions/rotateSession', async route => {
      const response = await route.fetch();
      arrive();
      await answered;
      await route.fulfill({ response });
    });
    requests.paths.length = 0;
    await one.click('#rotate');
    await arrived;
    const refused = two.waitForResponse(response => response.status() === 400);
    await two.click('#refresh');
    await refused;
    answer();
    for (const tab of [one, two]) {
      await shows(tab, 'Up to date.');
      expect(await counts(tab)).toMatchObject({ loads: 1, calls: 0 });
    }
    expect(requests.count('/logout')).toBe(0);
    await two.reload();
    await shows(two, 'Up to date.');
    expect(await server.sessions.store.countActive(user.userId)).toBe(2);
  }, 60_000);

  it('two tabs that share one session: when somebody else logs in in one, the other calls back and says who', async () => {
    const somebodyElse = await server.signUp();
    const one = await openTab('127.0.0.1');
    await logIn(one);
    const two = await openTab('127.0.0.1');
    await shows(two, 'Up to date.');
    await server.sessions.store.revokeAllForUser(user.userId);
    await one.click('#refresh');
    await shows(one, 'Your session is over.');
    await logIn(one, somebodyElse);

    requests.paths.length = 0;
    await two.click('#refresh');
    await shows(two, `Logged in as ${somebodyElse.username}.`);
    await shows(two, 'Up to date.');
    expect(await counts(two)).toEqual({ loads: 1, calls: 1, forms: 0 });
    expect(requests.count('/logout')).toBe(0);
  }, 60_000);
});
