import type { BrowserContext, Page } from 'playwright-core';
import type { SpecUser } from '../support/server';
import { describeInBrowser } from '../support/browser';
import {
  closeAfterwards,
  AGENTS,
  everythingIn,
  startPageServer,
  told,
  type PageServer,
} from './support/pages';

const mails: string[] = [];
const emailAdapter = {
  sendPasswordResetEmail: async ({ user }: any) => void mails.push(user.id),
  sendVerificationEmail: async () => undefined,
  sendMail: async () => undefined,
};

describeInBrowser('the page behind the link of a mail', () => {
  let server: PageServer;
  let context: BrowserContext;
  let user: SpecUser;
  let thief: SpecUser;
  let link: URL;

  beforeAll(async () => {
    server = await startPageServer(
      {},
      { parseServer: { emailAdapter, appName: 'specs', publicServerURL: 'https://api.example.com/parse' } },
    );
  }, 60_000);

  beforeEach(async () => {
    user = await server.signUp();
    await server.rest('PUT', `/users/${user.userId}`, {
      master: true,
      body: { email: `${user.username}@example.com` },
    });
    thief = await server.logInFrom(user, AGENTS.firefox);
    const [session] = await server.rawFind('_Session', { sessionToken: thief.token });
    link = new URL(await server.sessions.reportLink(session.objectId));
    mails.length = 0;
    context = await server.newContext();
  });

  closeAfterwards(() => server);

  const isThere = async () => (await server.sessions.store.find(thief.token)) !== null;
  const follow = (): Promise<Page> => server.open(context, link.pathname + link.hash);

  it('changes nothing until its button is pressed, and keeps the token in memory only', async () => {
    const requests: string[] = [];
    context.on(
      'request',
      request => void requests.push(`${request.method()} ${new URL(request.url()).pathname}`),
    );
    const tab = await follow();
    const button = tab.getByRole('button', { name: 'Sign out that device' });
    await button.waitFor();
    expect(requests.filter(request => !/^GET \/sessions\//.test(request))).toEqual([]);
    expect(await isThere()).toBe(true);
    const token = decodeURIComponent(link.hash.replace('#token=', ''));
    // The browser itself remembers, for the page, the address that it was opened at.
    await tab.evaluate('performance.getEntries = () => []');
    expect(await everythingIn(tab)).not.toContain(token);
    await button.click();
    await told(tab, 'Signed out that device.');
    expect(await isThere()).toBe(false);
    expect(await server.sessions.store.find(user.token)).not.toBeNull();
    expect(mails).toEqual([]);
    // Nothing of it is left to go back to.
    await tab.reload();
    await tab.getByText('The link is not complete.').waitFor();
  });

  it('has a mail sent to choose a new password, where that is ticked', async () => {
    const tab = await follow();
    await tab.getByLabel('Also send me a mail to choose a new password').check();
    await tab.getByRole('button', { name: 'Sign out that device' }).click();
    await told(tab, 'A mail to choose a new password is on its way.');
    expect(mails).toEqual([user.userId]);
  });

  it('does nothing the second time, whoever has the link', async () => {
    const first = await follow();
    await first.getByRole('button', { name: 'Sign out that device' }).click();
    await told(first, 'Signed out that device.');
    const again = await server.logInFrom(user, AGENTS.firefox);
    const second = await follow();
    await second.getByRole('button', { name: 'Sign out that device' }).click();
    await told(second, 'That device is signed out already, or the link is used or too old.');
    expect(await server.sessions.store.find(again.token)).not.toBeNull();
  });

  it('begins anew with a second link in the same tab', async () => {
    const tab = await follow();
    await tab.getByRole('button', { name: 'Sign out that device' }).click();
    await told(tab, 'Signed out that device.');
    const again = await server.logInFrom(user, AGENTS.firefox);
    const [session] = await server.rawFind('_Session', { sessionToken: again.token });
    const second = new URL(await server.sessions.reportLink(session.objectId));
    await tab.evaluate(`location.hash = ${JSON.stringify(second.hash)}`);
    await tab.getByRole('button', { name: 'Sign out that device' }).click();
    await told(tab, 'Signed out that device.');
    expect(await server.sessions.store.find(again.token)).toBeNull();
    expect(new URL(tab.url()).hash).toBe('');
  });

  it('signs nobody in, and does not act for whoever is signed in here', async () => {
    const tab = await server.signedIn(context, user);
    let sent = '';
    await tab.route('**/functions/reportSession', async route => {
      sent = route.request().postData() ?? '';
      await route.continue();
    });
    await tab.goto('about:blank');
    await tab.goto(server.origin + link.pathname + link.hash);
    await tab.getByRole('button', { name: 'Sign out that device' }).click();
    await told(tab, 'Signed out that device.');
    expect(JSON.parse(sent)).not.toHaveProperty('_SessionToken');
  });
});
