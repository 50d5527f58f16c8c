import type { BrowserContext } from 'playwright-core';
import type { SpecUser } from '../support/server';
import { describeInBrowser } from '../support/browser';
import { eventually } from '../support/time';
import { closeAfterwards, AGENTS, devicesIn, startPageServer, told, type PageServer } from './support/pages';

describeInBrowser('the page when things go wrong', () => {
  let server: PageServer;
  let context: BrowserContext;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startPageServer();
  }, 60_000);

  beforeEach(async () => {
    user = await server.signUp();
    context = await server.newContext();
  });

  closeAfterwards(() => server);

  it('says that it is loading while the server takes its time', async () => {
    const tab = await server.signedIn(context, user);
    let answer = () => {};
    const answered = new Promise<void>(resolve => (answer = resolve));
    await tab.route('**/functions/listSessions', async route => {
      await answered;
      await route.continue();
    });
    await tab.reload();
    await told(tab, 'Loading your devices…');
    expect(await tab.getByRole('button').count()).toBe(0);
    answer();
    await tab.getByRole('heading', { name: 'This device' }).waitFor();
  });

  it('says what the server answers when it fails, and tries again', async () => {
    const tab = await server.signedIn(context, user);
    const fails = '**/functions/listSessions';
    await tab.route(fails, route =>
      route.fulfill({
        status: 400,
        contentType: 'application/json',
        body: '{"code":1,"error":"<b>broken</b>"}',
      }),
    );
    await tab.reload();
    await tab.getByRole('alert').filter({ hasText: 'That did not work: <b>broken</b>' }).waitFor();
    await tab.unroute(fails);
    await tab.getByRole('button', { name: 'Try again' }).click();
    await tab.getByRole('heading', { name: 'This device' }).waitFor();
    await eventually(async () => expect(await tab.evaluate('document.activeElement.tagName')).toBe('H1'));
  });

  it('keeps the list while the server cannot be reached, says so, and is up to date when it can', async () => {
    await server.logInFrom(user, AGENTS.firefox);
    const tab = await server.signedIn(context, user);
    await tab.getByRole('button', { name: 'Sign out Firefox on Windows' }).waitFor();
    await context.setOffline(true);
    await tab.getByRole('button', { name: 'Sign out Firefox on Windows' }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await tab
      .getByRole('alert')
      .filter({ hasText: 'No connection to the server.' })
      .waitFor({ timeout: 25_000 });
    await told(tab, 'That did not work');
    expect(await devicesIn(tab, 'Other devices')).toContain('Firefox on Windows');
    await context.setOffline(false);
    await tab.getByRole('alert').waitFor({ state: 'detached' });
    expect(await devicesIn(tab, 'Other devices')).toContain('Firefox on Windows');
  }, 60_000);

  it('says that the session has expired', async () => {
    const tab = await server.signedIn(context, user);
    await tab.getByRole('heading', { name: 'This device' }).waitFor();
    const sessions = await server.rawFind('_Session', {
      user: { __type: 'Pointer', className: '_User', objectId: user.userId },
    });
    for (const { objectId } of sessions)
      await server.sessions.store.setExpiry(objectId, new Date(Date.now() - 1000));
    await tab.reload();
    await told(tab, 'Your session has expired.');
    await tab.getByLabel('Password').waitFor();
  });

  it('shows nobody else the devices of whoever was signed in before', async () => {
    await server.logInFrom(user, AGENTS.firefox);
    const tab = await server.signedIn(context, user);
    await tab.getByRole('button', { name: 'Sign out Firefox on Windows' }).waitFor();
    await tab.getByRole('button', { name: 'Sign out this device' }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await told(tab, 'You signed out.');
    const other = await server.signUp();
    await tab.getByLabel('User name').fill(other.username);
    await tab.getByLabel('Password').fill(other.password);
    await tab.getByRole('button', { name: 'Sign in' }).click();
    await tab.getByText(`Signed in as ${other.username}.`).waitFor();
    expect(await devicesIn(tab, 'Other devices')).not.toContain('Firefox on Windows');
  });
});
