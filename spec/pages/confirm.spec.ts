import { TOTP } from 'otpauth';
import type { BrowserContext, Page } from 'playwright-core';
import type { SpecUser } from '../support/server';
import { parseDate } from '../support/sessions';
import { HOUR } from '../support/time';
import { describeInBrowser } from '../support/browser';
import {
  closeAfterwards,
  AGENTS,
  devicesIn,
  everythingIn,
  startPageServer,
  told,
  type PageServer,
} from './support/pages';

const mfa = { options: ['TOTP'], enabled: true, algorithm: 'SHA1', digits: 6, period: 30 };

describeInBrowser('an action that takes a recent log-in', () => {
  let server: PageServer;
  let context: BrowserContext;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startPageServer(
      { fresh: ['function:revokeSession'] },
      { parseServer: { auth: { mfa }, cacheTTL: 1 } },
    );
    server.app.use('/with-login', server.sessions.devicesPage({ loginPath: '/login' }));
  }, 60_000);

  beforeEach(async () => {
    user = await server.signUp();
    context = await server.newContext();
  });

  closeAfterwards(() => server);

  /** Signs in and asks to sign the other device out, an hour later. */
  async function signOutLater(path = '/sessions/'): Promise<Page> {
    await server.sessions.store.revokeAllForUser(user.userId);
    await server.logInFrom(user, AGENTS.firefox);
    const tab = await server.signedIn(context, user);
    if (path !== '/sessions/') await tab.goto(server.origin + path);
    await tab.getByRole('button', { name: 'Sign out Firefox on Windows' }).waitFor();
    const sessions = { user: { __type: 'Pointer', className: '_User', objectId: user.userId } };
    const past = parseDate(new Date(Date.now() - HOUR));
    await server.rawUpdate('_Session', sessions, { authenticatedAt: past }, true);
    await tab.getByRole('button', { name: 'Sign out Firefox on Windows' }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await tab.getByRole('dialog', { name: 'Is it you?' }).waitFor();
    return tab;
  }

  it('asks for the password, and then goes on', async () => {
    const tab = await signOutLater();
    const dialog = tab.getByRole('dialog', { name: 'Is it you?' });
    await dialog.getByLabel('Password').fill('wrong');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'That password or code is wrong.' }).waitFor();
    await dialog.getByLabel('Password').fill(user.password);
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await told(tab, 'Signed out Firefox on Windows.');
    expect(await devicesIn(tab, 'Other devices')).toEqual([]);
    expect(await everythingIn(tab)).not.toContain(user.password);
  });

  it('does nothing when the user does not confirm, and says so', async () => {
    const tab = await signOutLater();
    await tab.getByRole('dialog', { name: 'Is it you?' }).getByRole('button', { name: 'Cancel' }).click();
    await told(tab, 'Not done: you have not confirmed that it is you.');
    expect(await devicesIn(tab, 'Other devices')).toEqual(['Firefox on Windows']);
  });

  it('asks for the second factor of whoever has one', async () => {
    const totp = new TOTP({ algorithm: 'SHA1', digits: 6, period: 30 });
    const body = { authData: { mfa: { secret: totp.secret.base32, token: totp.generate() } } };
    const tab = await signOutLater();
    // Set up meanwhile.
    const set = await server.rest('PUT', `/users/${user.userId}`, { master: true, body });
    expect(set.body.error).toBeUndefined();
    const dialog = tab.getByRole('dialog', { name: 'Is it you?' });
    await dialog.getByLabel('Password').fill(user.password);
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.getByLabel('Code of your second factor').fill(totp.generate());
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await told(tab, 'Signed out Firefox on Windows.');
  });

  it('asks a guest for nothing that he has not, and says so', async () => {
    const tab = await server.open(context);
    await tab.evaluate('Parse.AnonymousUtils.logIn()');
    const { sessionToken, objectId } = JSON.parse(
      await tab.evaluate(`localStorage.getItem('Parse/${server.appId}/currentUser')`),
    );
    await server.sessions.store.createRestricted(objectId, { name: 'Lamp' });
    const past = parseDate(new Date(Date.now() - HOUR));
    await server.rawUpdate('_Session', { sessionToken }, { authenticatedAt: past });
    await tab.reload();
    await tab.getByText('Signed in as a guest.').waitFor();
    await tab.getByRole('button', { name: 'Sign out Lamp' }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await told(tab, 'Not done: that takes a recent sign-in, and a guest cannot sign in again.');
    await tab.getByRole('button', { name: 'Sign out everywhere' }).click();
    expect(await tab.getByRole('dialog').innerText()).toContain('A guest cannot sign in again');
  });

  it('leads to the log-in page of the app for whoever has no password', async () => {
    const tab = await signOutLater('/with-login/');
    const link = tab.getByRole('link', { name: 'Sign in another way' });
    expect(await link.getAttribute('href')).toBe('/login');
  });
});
