import type { BrowserContext } from 'playwright-core';
import type { SpecUser } from '../support/server';
import { describeInBrowser } from '../support/browser';
import { eventually } from '../support/time';
import {
  closeAfterwards,
  everythingIn,
  signIn,
  startPageServer,
  told,
  type PageServer,
} from './support/pages';

describeInBrowser('signing in on the page', () => {
  let server: PageServer;
  let context: BrowserContext;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startPageServer();
    const { app, sessions } = server;
    app.use('/with-login', sessions.devicesPage({ loginPath: '/login?next={page}' }));
    app.get('/login', (_request, response) => void response.send('<h1>The log-in page of the app</h1>'));
    app.use(
      '/own',
      sessions.devicesPage({
        title: 'My things',
        languages: { en: { signIn: 'Enter' }, ar: { signInHeading: 'دخول', signOutDevice: 'x {device} y' } },
      }),
    );
  }, 60_000);

  beforeEach(async () => {
    user = await server.signUp();
    context = await server.newContext();
  });

  closeAfterwards(() => server);

  it('says that a password is wrong, and lets the user try again', async () => {
    const tab = await server.open(context);
    await tab.getByLabel('User name').fill(user.username);
    await tab.getByLabel('Password').fill('wrong');
    await tab.getByRole('button', { name: 'Sign in' }).click();
    await tab.getByRole('alert').filter({ hasText: 'The user name or the password is wrong.' }).waitFor();
    // The button was at work, and has kept the focus.
    await eventually(async () =>
      expect(await tab.evaluate('document.activeElement.innerText')).toBe('Sign in'),
    );
    await signIn(tab, user);
    await tab.getByRole('heading', { name: 'This device' }).waitFor();
  });

  it('keeps the password nowhere, and the token in the storage of the SDK only', async () => {
    const tab = await server.signedIn(context, user);
    await tab.getByRole('heading', { name: 'This device' }).waitFor();
    const stored: string = await tab.evaluate(`localStorage.getItem('Parse/${server.appId}/currentUser')`);
    const { sessionToken } = JSON.parse(stored);
    expect(sessionToken).toMatch(/^r:/);
    const rest = (await everythingIn(tab)).replaceAll(JSON.stringify(stored).slice(1, -1), '');
    expect(rest).not.toContain(sessionToken);
    expect(await everythingIn(tab)).not.toContain(user.password);
  });

  it('goes by a user that the app has signed in on the same origin, without a form in between', async () => {
    const tab = await server.open(context);
    const stored = {
      className: '_User',
      objectId: user.userId,
      username: user.username,
      sessionToken: user.token,
    };
    await tab.evaluate(
      `localStorage.setItem('Parse/${server.appId}/currentUser', ${JSON.stringify(JSON.stringify(stored))})`,
    );
    await tab.addInitScript(`
      addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
        if (document.querySelector('[name=password]')) document.title = 'flashed';
      }).observe(document, { childList: true, subtree: true }));
    `);
    await tab.reload();
    await tab.getByRole('heading', { name: 'This device' }).waitFor();
    expect(await tab.title()).not.toBe('flashed');
  });

  it('sends whoever is signed out to the log-in page of the app, which learns where he came from', async () => {
    const tab = await server.open(context, '/with-login/pair#userCode=BCDF-GHJK');
    await tab.getByText('The log-in page of the app').waitFor();
    expect(new URL(tab.url()).searchParams.get('next')).toBe('/with-login/pair#userCode=BCDF-GHJK');
  });

  it('sends nobody round in circles, whose log-in page takes him for signed in', async () => {
    let visits = 0;
    server.app.get('/eager', (request, response) => {
      visits += 1;
      response.redirect(String(request.query.next));
    });
    server.app.use('/circles', server.sessions.devicesPage({ loginPath: '/eager?next={page}' }));
    const tab = await server.open(context, '/circles/');
    const link = tab.getByRole('link', { name: 'Sign in' });
    await link.waitFor();
    expect(visits).toBe(1);
    expect(await link.getAttribute('href')).toBe('/eager?next=%2Fcircles%2F');
  });

  it('says first why the session is over', async () => {
    const tab = await server.signedIn(context, user);
    await tab.goto(`${server.origin}/with-login/`);
    await tab.getByRole('heading', { name: 'This device' }).waitFor();
    await server.sessions.store.revokeAllForUser(user.userId);
    await tab.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
    await told(tab, 'You were signed out from another device.');
    await tab.getByRole('link', { name: 'Sign in' }).click();
    await tab.getByText('The log-in page of the app').waitFor();
  });

  it("takes the app's own words and languages, from right to left where they are read so", async () => {
    const own = await server.open(context, '/own/');
    await own.getByRole('button', { name: 'Enter' }).waitFor();
    expect(await own.title()).toBe('My things');
    const arabic = await server.newContext({ locale: 'ar-EG' });
    const tab = await server.open(arabic, '/own/');
    await tab.getByRole('heading', { name: 'دخول' }).waitFor();
    expect(await tab.evaluate('[document.documentElement.lang, document.documentElement.dir]')).toEqual([
      'ar',
      'rtl',
    ]);
    expect(await tab.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });
});
