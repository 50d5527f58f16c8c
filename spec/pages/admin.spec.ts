import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BrowserContext, Page } from 'playwright-core';
import { MASTER_KEY, READ_ONLY_MASTER_KEY, type SpecUser } from '../support/server';
import { ROOT } from '../client/support/client-process';
import { describeInBrowser } from '../support/browser';
import { insertSessions } from '../support/many-sessions';
import { pointerTo } from '../support/sessions';
import { eventually } from '../support/time';
import { confirm, startAdminServer, unlock, type AdminServer } from './support/admin';
import { closeAfterwards, AGENTS, everythingIn, LOOKS, lookAt, told } from './support/pages';

const DAY = 24 * 60 * 60_000;
const HOSTILE = '<img src=x onerror="document.title=1">\u202Eevil\u2066';

describeInBrowser("the operators' page", () => {
  let server: AdminServer;
  let context: BrowserContext;
  let ada: SpecUser;

  beforeAll(async () => {
    server = await startAdminServer({}, { languages: { he: { heading: 'הפעלות' } } });
  }, 60_000);

  closeAfterwards(() => server);

  beforeEach(async () => {
    ada = await server.signUp();
    context = await server.newContext();
  });

  const heading = (tab: Page, name: string) => tab.getByRole('heading', { level: 1, name });
  const rows = (tab: Page) => tab.locator('table.found tbody tr');
  const visit = (tab: Page, view: string) => tab.goto(`${server.origin}/sessions-admin/${view}`);
  const focused = (tab: Page) => tab.evaluate<string>('document.activeElement.getAttribute("aria-label")');
  /** Three sessions of ada: of her sign-up, in Firefox, and on an iPhone, which she has used last. */
  async function logInTwice(): Promise<void> {
    await server.logInFrom(ada, AGENTS.firefox);
    await server.logInFrom(ada, AGENTS.iphone, '203.0.113.9');
  }
  const ofAda = () => `#/search?user=${ada.username}`;

  describe('and its key', () => {
    it('keeps it nowhere, in no view, and asks for it again after a reload, for the same view', async () => {
      await logInTwice();
      const tab = await server.unlocked(context);
      const views = ['#/', ofAda(), `#/user/${ada.userId}`, '#/sign-out', '#/purge', '#/doctor'];
      for (const view of views) {
        await visit(tab, view);
        await tab.locator('h1').waitFor();
        expect(await everythingIn(tab)).not.toContain(MASTER_KEY);
      }
      expect(await tab.locator('input[type=password]').count()).toBe(0);
      expect(await context.cookies()).toEqual([]);
      expect(await context.storageState({ indexedDB: true })).toEqual({ cookies: [], origins: [] });
      await visit(tab, ofAda());
      await tab.reload();
      await tab.getByLabel('Master key').waitFor();
      expect(await tab.getByRole('navigation').count()).toBe(0);
      await unlock(tab, MASTER_KEY);
      await heading(tab, 'Search').waitFor();
      await rows(tab).nth(2).waitFor();
    }, 60_000);

    it('is locked after it was left in any way, and keeps nothing that was typed', async () => {
      const leave = (tab: Page) =>
        tab.evaluate(`window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))`);
      const tab = await server.open(context);
      await tab.getByLabel('Master key').fill(MASTER_KEY);
      await leave(tab);
      await eventually(async () => expect(await everythingIn(tab)).not.toContain(MASTER_KEY));
      const signOut = async (of: Page) => {
        await of.getByRole('dialog').getByLabel('Reason').fill('lost');
        await of.getByRole('dialog').getByRole('button', { name: 'Sign out', exact: true }).click();
      };
      // Left while the key is checked, and while somebody is signed out.
      for (const [name, act] of [
        ['sessionOverview', () => unlock(tab, MASTER_KEY)],
        ['revokeSession', () => signOut(tab)],
      ] as const) {
        if (name === 'revokeSession') {
          await unlock(tab, MASTER_KEY);
          await tab.locator('.totals').waitFor();
          await visit(tab, `#/user/${ada.userId}`);
          await tab.locator('button.sign-out').first().click();
        }
        let answer = () => {};
        const answered = new Promise<void>(resolve => (answer = resolve));
        let arrive = () => {};
        const arrived = new Promise<void>(resolve => (arrive = resolve));
        await tab.route(`**/functions/${name}`, async route => {
          arrive();
          await answered;
          await route.continue().catch(() => undefined);
        });
        await act();
        await arrived;
        await leave(tab);
        await tab.getByLabel('Master key').waitFor();
        const sent: string[] = [];
        tab.on('request', request => void sent.push(request.url()));
        answer();
        await tab.unroute(`**/functions/${name}`);
        // Whatever the page would do by itself it has begun by then.
        await tab.evaluate('fetch("/parse/health").then(answer => answer.text())');
        expect(sent.filter(url => !url.endsWith('/health'))).toEqual([]);
        expect(await tab.getByRole('button', { name: 'Lock', exact: true }).count()).toBe(0);
      }
    }, 60_000);

    it('has no field any more while the key is checked, and an empty one after it was wrong', async () => {
      const tab = await server.open(context);
      let answer = () => {};
      const answered = new Promise<void>(resolve => (answer = resolve));
      await tab.route('**/functions/sessionOverview', async route => {
        await answered;
        await route.continue();
      });
      const field = tab.getByLabel('Master key');
      expect(await field.getAttribute('autocomplete')).toBe('off');
      await unlock(tab, 'nearly-the-key');
      await told(tab, 'Checking the key…');
      expect(await field.count()).toBe(0);
      expect(await everythingIn(tab)).not.toContain('nearly-the-key');
      answer();
      await tab.getByRole('alert').filter({ hasText: 'masterKeyIps' }).waitFor();
      expect(await field.inputValue()).toBe('');
    });

    it('sends it as a header to Parse Server only, without cookies and without the SDK', async () => {
      await context.addCookies([{ name: 'app', value: 'secret', url: server.origin }]);
      const tab = await server.open(context);
      const asked: Array<{ path: string; headers: Promise<Record<string, string>> }> = [];
      tab.on('request', request =>
        asked.push({ path: new URL(request.url()).pathname, headers: request.allHeaders() }),
      );
      await unlock(tab, MASTER_KEY);
      await heading(tab, 'Overview').waitFor();
      await tab.locator('.totals').waitFor();
      expect(asked.length).toBeGreaterThan(0);
      for (const { path: asks, headers } of asked) {
        expect(asks).toMatch(/^\/parse\/functions\//);
        expect(await headers).toMatchObject({
          'x-parse-application-id': server.appId,
          'x-parse-master-key': MASTER_KEY,
        });
        expect(await headers).not.toHaveProperty('cookie');
      }
      expect(await tab.evaluate('typeof Parse')).toBe('undefined');
    });

    it.each(['not-the-key', 'ключ'])('tells in words that the key is wrong: %s', async key => {
      const tab = await server.open(context);
      await unlock(tab, key);
      const alert = tab.getByRole('alert').filter({ hasText: 'The server does not take this key.' });
      await alert.waitFor();
      expect(await alert.innerText()).toContain('masterKeyIps');
      expect(await everythingIn(tab)).not.toContain(key);
      expect(await tab.getByLabel('Master key').evaluate((field: any) => field.matches(':focus'))).toBe(true);
    });

    it('tells the same where Parse Server does not allow it from this address', async () => {
      await context.setExtraHTTPHeaders({ 'X-Forwarded-For': '203.0.113.66' });
      const tab = await server.open(context);
      await unlock(tab, MASTER_KEY);
      await tab.getByRole('alert').filter({ hasText: 'masterKeyIps' }).waitFor();
      expect(await tab.getByRole('navigation').count()).toBe(0);
    });

    it('tells what else went wrong: no connection, and an answer that is none', async () => {
      const tab = await server.open(context);
      await context.setOffline(true);
      await unlock(tab, MASTER_KEY);
      await tab.getByRole('alert').filter({ hasText: 'No connection to the server.' }).waitFor();
      await context.setOffline(false);
      await tab.route('**/functions/sessionOverview', route =>
        route.fulfill({ body: '<html>A proxy</html>' }),
      );
      await unlock(tab, MASTER_KEY);
      await tab.getByRole('alert').filter({ hasText: 'That did not work: HTTP 200' }).waitFor();
    });

    it('asks again where the server does not take the key any more', async () => {
      const tab = await server.unlocked(context);
      await context.setExtraHTTPHeaders({ 'X-Forwarded-For': '203.0.113.66' });
      await visit(tab, '#/search');
      await tab.getByRole('alert').filter({ hasText: 'masterKeyIps' }).waitFor();
    });

    it('forgets it by "Lock"', async () => {
      const tab = await server.unlocked(context, `#/user/${ada.userId}`);
      await heading(tab, ada.username).waitFor();
      await tab.getByRole('button', { name: 'Lock', exact: true }).click();
      await tab.getByLabel('Master key').waitFor();
      // What was shown is gone with it.
      expect(await everythingIn(tab)).not.toContain(ada.username);
      expect(await tab.getByLabel('Master key').inputValue()).toBe('');
      await visit(tab, '#/search');
      expect(await tab.getByRole('navigation').count()).toBe(0);
    });

    it('forgets it when the page is left, also where the browser keeps it for the way back', async () => {
      const tab = await server.unlocked(context);
      await tab.evaluate('dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))');
      await tab.getByLabel('Master key').waitFor();
      expect(await tab.getByRole('navigation').count()).toBe(0);
    });

    it('forgets it after 15 minutes without use, each use counting', async () => {
      const tab = await context.newPage();
      await tab.clock.install();
      await tab.goto(`${server.origin}/sessions-admin/`);
      await unlock(tab, MASTER_KEY);
      await tab.getByRole('button', { name: 'Lock', exact: true }).waitFor();
      await tab.clock.fastForward('14:00');
      await tab.keyboard.press('Shift');
      await tab.clock.fastForward('14:50');
      await tab.getByRole('button', { name: 'Lock', exact: true }).waitFor();
      await tab.clock.fastForward('00:10');
      await tab.getByRole('alert').filter({ hasText: 'Locked after 15 minutes without use.' }).waitFor();
      expect(await tab.getByRole('navigation').count()).toBe(0);
    });

    it('shows everything with the read-only key, and offers nothing that changes', async () => {
      await logInTwice();
      const tab = await server.unlocked(context, '#/', READ_ONLY_MASTER_KEY);
      for (const view of ['#/', ofAda(), `#/user/${ada.userId}`, '#/sign-out', '#/purge', '#/doctor']) {
        await visit(tab, view);
        await tab.getByText('Read-only key: you can look, not change').waitFor();
        if (view === ofAda()) await rows(tab).nth(2).waitFor();
        if (view.startsWith('#/user')) await tab.getByText('3 sessions').waitFor();
        expect(await tab.getByRole('button', { name: /sign out|delete|count/i }).count()).toBe(0);
        expect(await tab.getByRole('link', { name: /sign out|delete/i }).count()).toBe(0);
      }
      await visit(tab, '#/');
      await tab.locator('.totals').waitFor();
      await lookAt(tab, `${server.database}-admin-read-only`);
    }, 60_000);
  });

  describe('check-up', () => {
    it('shows what the doctor has found, what is amiss first, with what to do and a link', async () => {
      const tab = await server.unlocked(context, '#/doctor');
      const { findings } = await server.run('sessionDoctor', {}, { master: true });
      const shown = tab.locator('.findings > li');
      await shown.first().waitFor();
      expect(await shown.count()).toBe(findings.length);
      const amiss = findings.filter(({ level }: any) => level !== 'ok');
      const permissions = amiss.find(({ check }: any) => check === 'permissions');
      const card = shown.filter({ hasText: permissions.what });
      expect((await card.innerText()).split(/\n+/)).toEqual([
        `Warning ${permissions.what}`,
        permissions.why,
        permissions.todo,
        'What to know of it',
      ]);
      expect(await card.getByRole('link').getAttribute('href')).toBe(permissions.link);
      const levels = await shown.locator('.badge').allInnerTexts();
      const order = ['Error', 'Warning', 'Note', 'Well'];
      expect(levels).toEqual([...levels].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
      expect(new Set(levels).has('Well')).toBe(true);
    });
  });

  describe('overview', () => {
    it('shows totals, kinds, endings and what was blocked, with a link to its user', async () => {
      const restricted = await server.restricted(ada.token);
      await server.rest('PUT', `/users/${ada.userId}`, { token: restricted.token, body: { nick: 'a' } });
      const tab = await server.unlocked(context);
      const { stats } = await server.run('sessionOverview', {}, { master: true });
      const cards = tab.locator('.totals > div');
      await cards.first().waitFor();
      expect(await cards.evaluateAll((all: any[]) => all.map(one => one.innerText.split(/\n+/)))).toEqual([
        ['All sessions', String(stats.total)],
        ['Active', String(stats.active)],
        ['Expired', String(stats.expired)],
        ['Limited', String(stats.restricted)],
        ['Of guests', String(stats.anonymous)],
      ]);
      const kinds = tab.getByRole('table', { name: 'Sessions by kind' });
      const accounts = stats.total - stats.restricted - stats.anonymous;
      await kinds.getByRole('row', { name: `With an account ${accounts}` }).waitFor();
      await kinds.getByRole('row', { name: `Limited ${stats.restricted}` }).waitFor();
      const blocked = tab.getByRole('region', { name: 'Blocked lately' }).getByRole('listitem').first();
      expect(await blocked.innerText()).toMatch(/^Change _User\s+\w+\s+now$/);
      await blocked.getByRole('link').click();
      await heading(tab, ada.username).waitFor();
    });

    it('draws log-ins and expiries by day, and has the same as tables', async () => {
      await server.rawUpdate(
        '_Session',
        { user: pointerTo(ada.userId) },
        {
          expiresAt: { __type: 'Date', iso: new Date(Date.now() + 2 * DAY).toISOString() },
        },
      );
      const tab = await server.unlocked(context, '#/?days=7');
      const { logIns, expiries } = await server.run('sessionOverview', { days: 7 }, { master: true });
      for (const [name, days] of [
        ['Log-ins per day', logIns],
        ['Expiries ahead', expiries],
      ]) {
        const plot = tab.getByRole('region', { name });
        await plot.getByRole('img', { name }).locator('canvas').waitFor();
        await plot.getByText('Show as a table').click();
        const numbers = await plot.getByRole('table').locator('td').allInnerTexts();
        expect(numbers).toEqual(days.map(({ count }: any) => String(count)));
        expect(numbers.some((text: string) => text !== '0')).toBe(true);
      }
      await tab.getByLabel('Period').selectOption('90');
      await tab.getByText('in the last 90 days').waitFor();
      expect(await tab.evaluate('location.hash')).toBe('#/?days=90');
    });

    it('says why nothing is there, tries again by itself once it is online, and is refreshed by hand', async () => {
      const tab = await server.unlocked(context);
      await tab.locator('.totals').waitFor();
      await context.setOffline(true);
      await tab.getByRole('button', { name: 'Refresh' }).click();
      await tab.getByRole('alert').filter({ hasText: 'No connection to the server.' }).waitFor();
      await tab.locator('.totals').waitFor();
      await lookAt(tab, `${server.database}-admin-offline`);
      await context.setOffline(false);
      await tab.getByRole('alert').waitFor({ state: 'detached' });

      await tab.route('**/functions/searchSessions', route =>
        route.fulfill({ status: 500, json: { code: 1, error: 'It is <b>broken</b>.' } }),
      );
      await visit(tab, '#/search');
      await tab.getByRole('alert').filter({ hasText: 'That did not work: It is <b>broken</b>.' }).waitFor();
      await lookAt(tab, `${server.database}-admin-error`);
      await tab.unroute('**/functions/searchSessions');
      await tab.getByRole('button', { name: 'Try again' }).click();
      await rows(tab).first().waitFor();
    });
  });

  describe('search', () => {
    it('finds by user, address and kind, keeps it in the address, and goes back', async () => {
      await logInTwice();
      await server.restricted(ada.token, {});
      const tab = await server.unlocked(context, '#/search');
      const search = (name: string, value: string) => tab.getByLabel(name).fill(value);
      await search('User: id', ada.username);
      await tab.getByRole('button', { name: 'Search' }).click();
      await tab.getByText('4 sessions', { exact: true }).waitFor();
      expect(await rows(tab).getByRole('link').allInnerTexts()).toEqual(Array(4).fill(ada.username));
      await search('IP address', '203.0.113.9');
      await tab.getByRole('button', { name: 'Search' }).click();
      await tab.getByText('1 session', { exact: true }).waitFor();
      expect(await rows(tab).innerText()).toContain('Safari on iOS');
      await search('IP address', '');
      await tab.getByLabel('Kind').selectOption('restricted');
      await tab.getByRole('button', { name: 'Search' }).click();
      await rows(tab).filter({ hasText: 'Limited' }).waitFor();
      await tab.goBack();
      await rows(tab).filter({ hasText: 'Safari on iOS' }).waitFor();
      expect(await tab.getByLabel('IP address').inputValue()).toBe('203.0.113.9');
      expect(await tab.getByLabel('Kind').inputValue()).toBe('');
      await search('User: id', 'nobody at all');
      await tab.getByRole('button', { name: 'Search' }).click();
      await tab.getByRole('status').filter({ hasText: 'No session matches.' }).waitFor();
    });

    it('sorts on the server by its headings', async () => {
      await logInTwice();
      const tab = await server.unlocked(context, ofAda());
      await rows(tab).nth(2).waitFor();
      const sorts = () =>
        tab.locator('th[aria-sort]').evaluateAll((all: any[]) => all.map(one => one.ariaSort));
      expect(await sorts()).toEqual(['descending', 'none', 'none']);
      const devices = () => rows(tab).locator('td:nth-child(2)').allInnerTexts();
      // Until then the rows of the last search stand there, and the keyboard stays where it is.
      const sorted = (order: string) =>
        tab
          .locator(`section:not(.stale) th[aria-sort=${order}] button:focus`, { hasText: 'Signed in' })
          .waitFor();
      const asks = () => tab.waitForResponse('**/functions/searchSessions');
      let answer = asks();
      await tab.getByRole('button', { name: 'Signed in' }).click();
      await answer;
      await sorted('descending');
      await rows(tab).nth(2).waitFor();
      const latestFirst = await devices();
      answer = asks();
      await tab.getByRole('button', { name: 'Signed in' }).click();
      expect((await answer).request().postDataJSON()).toMatchObject({ sort: 'createdAt', order: 'asc' });
      await sorted('ascending');
      await rows(tab).nth(2).waitFor();
      expect(await sorts()).toEqual(['none', 'ascending', 'none']);
      expect(await devices()).toEqual(latestFirst.toReversed());
      expect(await tab.getByLabel('Sort by').inputValue()).toBe('createdAt');
    });

    it('appends further pages by "More", and goes on at the first new row', async () => {
      await insertSessions(server, 30, { userId: ada.userId, expiresAt: new Date(Date.now() + DAY) });
      const tab = await server.unlocked(context, ofAda());
      await tab.getByText('The first 25 sessions').waitFor();
      await tab.getByRole('button', { name: 'More' }).click();
      await tab.getByText('31 sessions').waitFor();
      expect(await rows(tab).count()).toBe(31);
      const at = '[...document.querySelectorAll("tbody > tr")].indexOf(document.activeElement)';
      await eventually(async () => expect(await tab.evaluate(at)).toBe(25));
      expect(await tab.getByRole('button', { name: 'More' }).count()).toBe(0);
    });
  });

  describe('signing out', () => {
    it('signs one session out with a reason, and goes on at the next one', async () => {
      await logInTwice();
      const tab = await server.unlocked(context, `${ofAda()}&sort=createdAt`);
      await rows(tab).nth(2).waitFor();
      const button = tab.getByRole('button', { name: `Sign out Firefox on Windows of ${ada.username}` });
      await button.click();
      const dialog = tab.getByRole('dialog');
      // Not without a reason, nor with a blank one.
      await dialog.getByLabel('Reason').fill('   ');
      await dialog.getByRole('button', { name: 'Sign out' }).click();
      expect(await dialog.getByLabel('Reason').evaluate((field: any) => field.validity.valid)).toBe(false);
      await tab.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await eventually(async () =>
        expect(await focused(tab)).toBe(`Sign out Firefox on Windows of ${ada.username}`),
      );
      expect(await server.sessions.store.countActive(ada.userId)).toBe(3);

      await button.click();
      await confirm(tab, 'Seen where she is not', 'Sign out');
      await told(tab, `Signed out Firefox on Windows of ${ada.username}.`);
      expect(await rows(tab).count()).toBe(2);
      await tab.waitForFunction('document.activeElement.matches(".sign-out")');
      await eventually(async () => expect(await focused(tab)).toBe(`Sign out Node.js of ${ada.username}`));
      expect(await server.sessions.store.countActive(ada.userId)).toBe(2);
      await visit(tab, `#/user/${ada.userId}`);
      const ended = tab.getByRole('region', { name: 'Ended sessions' }).getByRole('listitem');
      await ended.filter({ hasText: 'Reason: Seen where she is not' }).waitFor();
      expect(await ended.innerText()).toMatch(
        /Firefox on Windows\s+Signed out from elsewhere \(by an operator\)/,
      );
    });

    it('says of a session that is over already that it was', async () => {
      const tab = await server.unlocked(context, ofAda());
      await rows(tab).first().waitFor();
      await server.sessions.store.revokeAllForUser(ada.userId);
      await rows(tab).getByRole('button').click();
      await confirm(tab, 'Too late', 'Sign out');
      await told(tab, `Node.js of ${ada.username} was signed out already.`);
      await tab.getByText('No session matches.').waitFor();
      await tab.waitForFunction('document.activeElement.tagName === "H1"');
    });

    it("shows a user's sessions, and signs all of them out with a reason", async () => {
      await logInTwice();
      const tab = await server.unlocked(context, `#/user/${ada.userId}`);
      await heading(tab, ada.username).waitFor();
      await eventually(async () => expect(await tab.evaluate('document.activeElement.tagName')).toBe('H1'));
      await tab.getByText('3 sessions').waitFor();
      await tab.getByText('Mozilla/5.0 (iPhone;').waitFor();
      await tab.getByRole('button', { name: 'Sign out this user everywhere' }).click();
      await tab.getByText(`${ada.username} will be signed out everywhere at once: 3 sessions.`).waitFor();
      await confirm(tab, 'Account taken over', 'Sign out this user everywhere');
      await told(tab, `Signed out ${ada.username} everywhere: 3 sessions.`);
      await tab.getByText('Signed in nowhere.').waitFor();
      await tab.getByText('Reason: Account taken over').nth(2).waitFor();
      expect(await server.sessions.store.countActive(ada.userId)).toBe(0);
    });

    it('tells what went wrong, and shows the session still', async () => {
      const tab = await server.unlocked(context, ofAda());
      await rows(tab).first().waitFor();
      await rows(tab).getByRole('button').click();
      await context.setOffline(true);
      await confirm(tab, 'No network', 'Sign out');
      await told(tab, 'No connection to the server.');
      expect(await rows(tab).count()).toBe(1);
      await context.setOffline(false);
    });

    it('signs out by a filter that was counted, with a reason, once more after each change', async () => {
      await logInTwice();
      const tab = await server.unlocked(context, '#/sign-out');
      const count = tab.getByRole('button', { name: 'Count' });
      const signOut = tab.getByRole('button', { name: /^Sign out \d/ });
      await count.click();
      await tab.getByRole('alert').filter({ hasText: 'Give a condition, or choose all sessions.' }).waitFor();
      await tab.getByLabel('All sessions of all users').check();
      expect(await tab.getByLabel('IP address').isDisabled()).toBe(true);
      await tab.getByLabel('All sessions of all users').uncheck();

      // Only the iPhone of this user has this address.
      const address = '203.0.113.77';
      await server.logInFrom(ada, AGENTS.iphone, address);
      await tab.getByLabel('IP address').fill(address);
      await tab.getByLabel('Signed in before').fill('2099-01-01T00:00');
      expect(await signOut.count()).toBe(0);
      await tab.keyboard.press('Enter');
      await told(tab, '1 session matches.');
      await signOut.waitFor();
      // The field was at rest while they were counted.
      await eventually(async () =>
        expect(await tab.evaluate('document.activeElement.innerText')).toBe('Count'),
      );
      await tab.getByLabel('Kind').selectOption('authenticated');
      expect(await signOut.count()).toBe(0);
      await count.click();
      await told(tab, '1 session matches.');
      expect(await server.sessions.store.countActive(ada.userId)).toBe(4);
      await signOut.click();
      const says = await tab.getByRole('dialog').innerText();
      expect(says).toContain('1 session will be signed out at once: signed in before');
      expect(says).toContain(`of the kind “With an account”; last used from ${address}`);
      await confirm(tab, 'A stolen phone', 'Sign out 1 session');
      await told(tab, 'Signed out 1 session.');
      await eventually(async () => expect(await tab.evaluate('document.activeElement.tagName')).toBe('H1'));
      expect(await server.sessions.store.countActive(ada.userId)).toBe(3);
      const [ended] = await server.run('listEndedSessions', { userId: ada.userId }, { master: true });
      expect(ended).toMatchObject({ ip: address, note: 'A stolen phone' });
    });

    it('tells why a filter is none', async () => {
      const tab = await server.unlocked(context, '#/sign-out');
      await tab.getByLabel('IP address').fill('no address');
      await tab.getByRole('button', { name: 'Count' }).click();
      await tab.getByRole('status').filter({ hasText: 'expected an IP address' }).waitFor();
    });
  });

  it('deletes expired sessions once they are counted, and shows how far it is', async () => {
    await insertSessions(server, 12, { userId: ada.userId, expiresAt: new Date(Date.now() - DAY) });
    await insertSessions(server, 3, { userId: 'gone', expiresAt: null });
    const tab = await server.unlocked(context, '#/purge');
    await tab.getByRole('button', { name: 'Count' }).click();
    await told(tab, '12 sessions to delete.');
    await tab.getByLabel('Also sessions without a user').check();
    expect(await tab.getByRole('button', { name: /^Delete/ }).count()).toBe(0);
    await tab.getByRole('button', { name: 'Count' }).click();
    await told(tab, '15 sessions to delete.');

    // The server has done half of it, for as long as this says.
    let half = true;
    await tab.route('**/classes/_JobStatus/*', route =>
      half
        ? route.fulfill({ json: { status: 'running', message: 'deleted 6 of 12 expired sessions' } })
        : route.continue(),
    );
    await tab.getByRole('button', { name: 'Delete 15 sessions…' }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Delete 15 sessions' }).click();
    await tab.getByText('6 of 12.').waitFor();
    const bar = tab.getByRole('progressbar', { name: 'The server is at work' });
    expect(await bar.evaluate(({ value, max }: any) => ({ value, max }))).toEqual({ value: 6, max: 12 });
    await lookAt(tab, `${server.database}-admin-purge-progress`);
    half = false;
    await tab
      .getByRole('status')
      .filter({ hasText: /^Deleted 15 sessions in \d+ seconds?\.$/ })
      .waitFor();
    expect(await bar.count()).toBe(0);
    const { results } = await server.run('searchSessions', { user: ada.userId }, { master: true });
    expect(results).toHaveLength(1);
  }, 60_000);

  it('shows names, addresses and programs as text only, however hostile', async () => {
    const evil = await server.signUp(`${HOSTILE} ${'w'.repeat(300)}`);
    const name = `${HOSTILE}${'n'.repeat(60)}`;
    await server.restricted(evil.token, {});
    const [{ objectId }] = await server.run('listSessions', {}, { token: evil.token });
    await server.rawUpdate('_Session', { objectId }, { name, userAgent: HOSTILE.repeat(10) });
    const tab = await server.unlocked(context, `#/search?user=${evil.userId}`);
    await rows(tab).nth(1).waitFor();
    expect(await everythingIn(tab)).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    await lookAt(tab, `${server.database}-admin-hostile-1280`);
    await tab.setViewportSize(LOOKS[2].viewport);
    await tab.locator('.session').nth(1).waitFor();
    await lookAt(tab, `${server.database}-admin-hostile-360`);
    await visit(tab, `#/user/${evil.userId}`);
    await tab.locator('.session').nth(1).waitFor();
    const button = tab.locator('.session', { hasText: 'evil' }).getByRole('button').first();
    await button.click();
    await lookAt(tab, `${server.database}-admin-hostile-dialog`);
    await confirm(tab, HOSTILE, 'Sign out');
    await tab
      .getByRole('status')
      .filter({ hasText: /^Signed out .* of .*\.$/ })
      .waitFor();
    expect(await everythingIn(tab)).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    await tab.getByText('Reason: <img src=x').waitFor();
    expect(await tab.locator('img').count()).toBe(0);
    expect(await tab.title()).toBe(`${evil.userId} – Sessions`);
  }, 60_000);

  it.each(LOOKS)(
    'axe finds nothing in any state, and nothing is too wide: $name',
    async look => {
      await logInTwice();
      await server.restricted(ada.token, {});
      await server
        .login(ada.username, ada.password)
        .then(({ token }) => server.rest('POST', '/logout', { token }));
      const looks = await server.newContext(look);
      const name = (state: string) => `${server.database}-admin-${state}-${look.name}`;
      const tab = await server.open(looks);
      await lookAt(tab, name('locked'));
      await unlock(tab, 'wrong');
      await tab.getByText('masterKeyIps').waitFor();
      await lookAt(tab, name('wrong-key'));
      await unlock(tab, MASTER_KEY);
      await tab.locator('.totals').waitFor();
      await lookAt(tab, name('overview'));
      for (const summary of await tab.getByText('Show as a table').all()) await summary.click();
      await lookAt(tab, name('overview-tables'));
      await visit(tab, '#/doctor');
      await tab.locator('.findings > li').first().waitFor();
      await lookAt(tab, name('check-up'));
      await visit(tab, ofAda());
      await tab.locator('.sign-out').nth(3).waitFor();
      await lookAt(tab, name('search'));
      await visit(tab, '#/search?user=nobody+at+all');
      await tab.getByText('No session matches.').waitFor();
      await lookAt(tab, name('search-empty'));
      await visit(tab, `#/user/${ada.userId}`);
      await tab.getByText('Signed out there').waitFor();
      await lookAt(tab, name('user'));
      await tab.locator('.sign-out').first().click();
      await lookAt(tab, name('user-dialog'));
      await confirm(tab, 'Looked at', 'Sign out');
      await tab.getByText('Reason: Looked at').waitFor();
      await lookAt(tab, name('user-result'));
      await visit(tab, '#/sign-out');
      await tab.getByRole('button', { name: 'Count' }).click();
      await tab.getByText('Give a condition').waitFor();
      await lookAt(tab, name('filter-problem'));
      await tab.getByLabel('IP address').fill('203.0.113.9');
      await tab.getByRole('button', { name: 'Count' }).click();
      const counted = tab.getByRole('button', { name: /^Sign out \d/ });
      await counted.waitFor();
      await lookAt(tab, name('filter-counted'));
      await counted.click();
      await lookAt(tab, name('filter-dialog'));
      await tab.keyboard.press('Escape');
      await visit(tab, '#/purge');
      await heading(tab, 'Delete expired').waitFor();
      await lookAt(tab, name('purge'));
      await looks.close();
    },
    120_000,
  );

  it('speaks German, and goes from right to left for a language that does', async () => {
    const german = await server.newContext({ locale: 'de-AT' });
    const tab = await server.open(german);
    await tab.getByLabel('Master Key').fill(MASTER_KEY);
    await tab.getByRole('button', { name: 'Entsperren' }).click();
    await heading(tab, 'Übersicht').waitFor();
    await tab.locator('.totals').waitFor();
    await lookAt(tab, `${server.database}-admin-german`);
    const hebrew = await server.newContext({ locale: 'he', viewport: LOOKS[2].viewport });
    const turned = await server.unlocked(hebrew, ofAda());
    await turned.locator('.session').waitFor();
    expect(await turned.evaluate('document.documentElement.dir')).toBe('rtl');
    await lookAt(turned, `${server.database}-admin-right-to-left`);
    await visit(turned, '#/');
    await turned.locator('.totals').waitFor();
    await lookAt(turned, `${server.database}-admin-right-to-left-overview`);
    await hebrew.close();
  }, 60_000);

  it('moves nothing for whoever wants no motion', async () => {
    const calm = await server.newContext({ reducedMotion: 'reduce' });
    const tab = await server.unlocked(calm);
    await tab.route('**/functions/searchSessions', () => undefined);
    await visit(tab, '#/search');
    const placeholder = tab.locator('.placeholder');
    await placeholder.waitFor();
    expect(
      await placeholder.evaluate(
        (one: any) => one.ownerDocument.defaultView.getComputedStyle(one).animationName,
      ),
    ).toBe('none');
    await lookAt(tab, `${server.database}-admin-loading`);
    await calm.close();
  });

  it('is small: script and styles together take at most 90 kB, zipped', () => {
    const sizes = ['admin.js', 'admin.css'].map(
      name => gzipSync(readFileSync(path.join(ROOT, 'dist/web', name)), { level: 9 }).length,
    );
    expect(sizes[0]! + sizes[1]!).toBeLessThan(90_000);
  });

  it('refuses wrong options', () => {
    expect(() => server.sessions.adminPage({ loginPath: '/x' } as never)).toThrow(/adminPage.*loginPath/s);
    expect(() => server.sessions.adminPage({ languages: { fr: { nothing: 'x' } } })).toThrow(TypeError);
  });
});

describeInBrowser("the operators' page of an app with other names", () => {
  it('calls functions and jobs by their prefix, at a path from its folder, under its own title', async () => {
    const server = await startAdminServer(
      { functionPrefix: 'app_' },
      { parseMount: '../parse', title: 'Who is in', languages: { en: { 'view.search': 'Look up' } } },
    );
    try {
      const user = await server.signUp();
      const context = await server.newContext();
      const tab = await server.unlocked(context, '#/search');
      await tab.getByRole('heading', { level: 1, name: 'Look up' }).waitFor();
      await tab.getByRole('link', { name: user.username }).waitFor();
      expect(await tab.title()).toBe('Look up – Who is in');
      await tab.getByRole('link', { name: 'Delete expired' }).click();
      await tab.getByRole('button', { name: 'Count' }).click();
      await told(tab, 'There is nothing to delete.');
      expect(server.problems).toEqual([]);
    } finally {
      await server.stop();
    }
  }, 60_000);
});
