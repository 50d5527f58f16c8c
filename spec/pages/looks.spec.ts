import type { BrowserContext, Page } from 'playwright-core';
import type { SpecUser } from '../support/server';
import { parseDate } from '../support/sessions';
import { HOUR } from '../support/time';
import { describeInBrowser } from '../support/browser';
import { closeAfterwards, AGENTS, lookAt, LOOKS, startPageServer, type PageServer } from './support/pages';

const HOSTILE = `<img src=x onerror="document.title='hit'">\u202e drows ${'x'.repeat(60)}`;

/**
 * Each state of the page at each size and in each colour scheme: a picture in `tmp/screenshots`, nothing that axe finds, and
 * nothing wider than the screen.
 */
describeInBrowser('the devices page in every state', () => {
  let server: PageServer;
  let context: BrowserContext;
  let user: SpecUser;
  let tab: Page;

  beforeAll(async () => {
    server = await startPageServer(
      {
        fresh: ['function:revokeSessions'],
        locate: async () => 'Lagos, Nigeria',
        pairing: {
          verificationUri: 'https://example.com/sessions/pair',
          scopes: ['Telemetry:create', 'Telemetry:read', 'function:report'],
        },
      },
      { parseServer: { cacheTTL: 1 } },
    );
    await server.makeClass('Telemetry');
    user = await server.signUp();
    await server.sessions.store.revokeAllForUser(user.userId);
    for (let i = 0; i < 3; i += 1) await server.logInFrom(user, AGENTS.mac);
    await server.logInFrom(user, AGENTS.iphone, '203.0.113.9');
    const scopes = ['Telemetry:create', 'function:report'];
    await server.sessions.store.createRestricted(user.userId, { name: 'Greenhouse', scopes });
    await server.sessions.store.createRestricted(user.userId, { name: HOSTILE });
  }, 60_000);

  closeAfterwards(() => server);

  const button = (name: string | RegExp) => tab.getByRole('button', { name });
  const inDialog = (name: string) => tab.getByRole('dialog').getByRole('button', { name, exact: true });

  describe.each(LOOKS)('$name', ({ name, viewport, colorScheme }) => {
    const look = (state: string) => lookAt(tab, `${name}-${state}`);

    beforeEach(async () => {
      context = await server.newContext({ viewport, colorScheme });
      tab = await server.open(context);
    });

    it('signing in', async () => {
      await look('sign-in');
      await tab.getByLabel('User name').fill(user.username);
      await tab.getByLabel('Password').fill('wrong');
      await button('Sign in').click();
      await tab.getByRole('alert').filter({ hasText: 'wrong' }).waitFor();
      await look('sign-in-wrong');
    });

    it('the list', async () => {
      const signInAs = async ({ username, password }: SpecUser) => {
        await tab.getByLabel('User name').fill(username);
        await tab.getByLabel('Password').fill(password);
        await button('Sign in').click();
        await tab.getByRole('heading', { name: 'This device' }).waitFor();
      };
      await signInAs(user);
      await button('Show all 3 sessions').click();
      await look('list');
      await button('Rename Greenhouse').click();
      await look('list-rename');
      await tab.keyboard.press('Escape');
      await button('Sign out Greenhouse').click();
      await look('list-ask');
      await inDialog('Cancel').click();
      await tab.emulateMedia({ reducedMotion: 'reduce', colorScheme });
      await tab.route('**/functions/listSessions', () => {});
      await tab.reload();
      await tab.getByText('Loading your devices…').waitFor();
      await look('list-loading');
      await tab.unroute('**/functions/listSessions');
      await tab.reload();
      await tab.getByRole('heading', { name: 'This device' }).waitFor();
      await context.setOffline(true);
      await tab.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
      await tab.getByRole('alert').filter({ hasText: 'No connection' }).waitFor();
      await button('Sign out Greenhouse').click();
      await inDialog('Sign out').click();
      await tab.getByRole('status').filter({ hasText: 'That did not work' }).waitFor();
      await look('list-offline');
      await context.setOffline(false);
      await server.sessions.store.revokeWhere({ createdBefore: new Date(0) });
      const other = await server.signUp();
      await button('Sign out this device').click();
      await inDialog('Sign out').click();
      await tab.getByText('You signed out.').waitFor();
      await look('signed-out');
      await server.sessions.store.revokeAllForUser(other.userId);
      await signInAs(other);
      await tab.getByText('You are signed in nowhere else.').waitFor();
      await look('list-empty');
    });

    it('a new token, and proving who one is', async () => {
      await tab.getByLabel('User name').fill(user.username);
      await tab.getByLabel('Password').fill(user.password);
      await button('Sign in').click();
      await button('New device token').click();
      await look('token-form');
      await tab.getByRole('dialog').getByLabel('Name').fill('Lamp');
      await tab.getByRole('dialog').getByLabel('add Telemetry').check();
      await inDialog('Make the token').click();
      await tab.getByRole('img', { name: 'QR code of the token' }).waitFor();
      await inDialog('Copy').click();
      await look('token');
      await inDialog('Close').click();
      await button('Sign out Lamp').click();
      await inDialog('Sign out').click();
      await tab.getByRole('status').filter({ hasText: 'Signed out Lamp.' }).waitFor();
      await look('result');
      const sessions = { user: { __type: 'Pointer', className: '_User', objectId: user.userId } };
      const past = parseDate(new Date(Date.now() - HOUR));
      await server.rawUpdate('_Session', sessions, { authenticatedAt: past }, true);
      await button('Sign out everywhere').click();
      await inDialog('Sign out everywhere').click();
      await tab.getByRole('dialog', { name: 'Is it you?' }).waitFor();
      await look('confirm');
    });

    it('adding a device', async () => {
      await tab.getByLabel('User name').fill(user.username);
      await tab.getByLabel('Password').fill(user.password);
      await button('Sign in').click();
      const scopes = ['Telemetry:create', 'Telemetry:read'];
      const { userCode } = await server.run('startPairing', { name: 'Living room TV', scopes });
      await tab.getByRole('link', { name: 'Add a device by its code' }).click();
      await look('pair');
      await tab.getByRole('textbox').fill(userCode);
      await button('Next').click();
      await button('Allow').waitFor();
      await look('pair-judge');
      await button('Deny').click();
      await tab.getByText('It gets nothing.').waitFor();
      await look('pair-denied');
    });

    it('reporting', async () => {
      await tab.goto('about:blank');
      await tab.goto(`${server.origin}/sessions/report#token=old`);
      await button('Sign out that device').waitFor();
      await look('report');
      await button('Sign out that device').click();
      await tab.getByText('signed out already').waitFor();
      await look('report-over');
    });
  });
});
