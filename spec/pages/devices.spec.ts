import type { BrowserContext, Page } from 'playwright-core';
import type { SpecUser } from '../support/server';
import { parseDate } from '../support/sessions';
import { eventually, HOUR } from '../support/time';
import { describeInBrowser } from '../support/browser';
import {
  closeAfterwards,
  AGENTS,
  devicesIn,
  everythingIn,
  signIn,
  startPageServer,
  told,
  type PageServer,
} from './support/pages';

const PLACES: Record<string, string> = { '203.0.113.9': 'Lagos, Nigeria', '198.51.100.7': 'Berlin, Germany' };

describeInBrowser('the page "Where you are signed in"', () => {
  let server: PageServer;
  let context: BrowserContext;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startPageServer({
      locate: async ip => PLACES[ip] ?? null,
      pairing: {
        verificationUri: 'https://example.com/sessions/pair',
        scopes: ['Telemetry:create', 'Telemetry:read', 'function:report'],
      },
    });
    await server.makeClass('Telemetry');
  }, 60_000);

  beforeEach(async () => {
    user = await server.signUp();
    // Only what a spec makes is in the list.
    await server.sessions.store.revokeAllForUser(user.userId);
    context = await server.newContext();
  });

  closeAfterwards(() => server);

  /** What the element that has the focus is called. */
  const focused = (tab: Page) =>
    tab.evaluate<string>(
      'document.activeElement.getAttribute("aria-label") ?? document.activeElement.innerText',
    );

  it('shows this device first, and what is known of each other one', async () => {
    await server.logInFrom(user, AGENTS.iphone, '203.0.113.9');
    // A place is known once it has been looked up.
    const token = (await server.logInFrom(user, AGENTS.firefox)).token;
    await eventually(async () => {
      const list = await server.run('listSessions', {}, { token });
      expect(list.every((session: any) => session.place)).toBe(true);
    });
    const tab = await server.signedIn(context, user);
    await tab.getByRole('heading', { name: 'Where you are signed in' }).waitFor();
    expect(await devicesIn(tab, 'This device')).toEqual(['Chrome on Linux']);
    expect(await devicesIn(tab, 'Other devices')).toEqual(['Firefox on Windows', 'Safari on iOS']);
    const phone = tab.getByRole('listitem').filter({ hasText: 'Safari on iOS' });
    for (const text of [
      'Phone',
      'Lagos, Nigeria (approximate, from the IP address)',
      '203.0.113.9',
      'Password',
    ]) {
      await phone.getByText(text, { exact: true }).first().waitFor();
    }
    const signedIn = phone.locator('dd', { has: tab.locator('time') }).last();
    expect(await signedIn.innerText()).toMatch(/^in 12 months$/);
    expect(await phone.locator('time').first().getAttribute('title')).toMatch(/20\d\d/);
    expect(await tab.locator('main').innerText()).toContain(`Signed in as ${user.username}.`);
  });

  it('gathers the repeats of one installation, and of the same browser in the same place', async () => {
    for (let i = 0; i < 3; i += 1) await server.logInFrom(user, AGENTS.mac);
    await server.logInFrom(user, AGENTS.mac, '192.0.2.1');
    const tab = await server.signedIn(context, user);
    await tab.getByRole('button', { name: 'Show all 3 sessions' }).waitFor();
    expect(await devicesIn(tab, 'Other devices')).toEqual(['Chrome on macOS', 'Chrome on macOS']);
    await tab.getByRole('button', { name: 'Show all 3 sessions' }).click();
    expect(await tab.locator('.repeats > li').count()).toBe(2);

    await tab.getByRole('button', { name: 'Sign out all 3 sessions of Chrome on macOS' }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await told(tab, 'Signed out all 3 sessions of Chrome on macOS.');
    expect(await devicesIn(tab, 'Other devices')).toEqual(['Chrome on macOS']);
    expect(await server.sessions.store.countActive(user.userId)).toBe(2);
  });

  it('signs one device out after saying what will happen, and says what did in the same words', async () => {
    const phone = await server.logInFrom(user, AGENTS.iphone);
    await server.logInFrom(user, AGENTS.firefox);
    const tab = await server.signedIn(context, user);
    await tab.getByRole('button', { name: 'Sign out Safari on iOS' }).click();
    const dialog = tab.getByRole('dialog', { name: 'Sign out Safari on iOS' });
    expect(await dialog.innerText()).toContain(
      'Safari on iOS will be signed out at once. To use it again, sign in there.',
    );
    await tab.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await server.sessions.store.find(phone.token)).not.toBeNull();
    // The keyboard is where it was.
    await eventually(async () => expect(await focused(tab)).toBe('Sign out Safari on iOS'));

    await tab.getByRole('button', { name: 'Sign out Safari on iOS' }).click();
    await dialog.getByRole('button', { name: 'Sign out' }).click();
    await told(tab, 'Signed out Safari on iOS.');
    expect(await server.sessions.store.find(phone.token)).toBeNull();
    expect(await devicesIn(tab, 'Other devices')).toEqual(['Firefox on Windows']);
    // The keyboard goes on at the next device.
    await eventually(async () => expect(await focused(tab)).toBe('Sign out Firefox on Windows'));
    const ended = tab.getByRole('region', { name: 'Recently signed out' }).getByRole('listitem');
    await ended
      .filter({ hasText: 'Safari on iOS' })
      .getByText(/Signed out from another device/)
      .waitFor();
    expect(await ended.first().innerText()).toMatch(
      /Signed out from another device \(by Chrome on Linux\), now/,
    );
  });

  it('says so when a device was signed out already', async () => {
    const phone = await server.logInFrom(user, AGENTS.iphone);
    const tab = await server.signedIn(context, user);
    await tab.getByRole('button', { name: 'Sign out Safari on iOS' }).click();
    await server.rest('POST', '/logout', { token: phone.token });
    await tab.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await told(tab, 'Safari on iOS was signed out already.');
  });

  it('signs out all others, and keeps this one', async () => {
    await server.logInFrom(user, AGENTS.iphone);
    await server.logInFrom(user, AGENTS.firefox);
    const tab = await server.signedIn(context, user);
    await tab.getByRole('button', { name: 'Sign out all other devices' }).click();
    const dialog = tab.getByRole('dialog');
    expect(await dialog.innerText()).toContain(
      'All 2 other sessions will be signed out at once, those of device tokens too. This device stays signed in.',
    );
    await dialog.getByRole('button', { name: 'Sign out all other devices' }).click();
    await told(tab, 'Signed out 2 other sessions.');
    await tab.getByText('You are signed in nowhere else.').waitFor();
    expect(await server.sessions.store.countActive(user.userId)).toBe(1);
    // The buttons are gone, and the keyboard goes on at the heading of what they were about.
    await eventually(async () => expect(await focused(tab)).toBe('Other devices'));
  });

  it('leaves out what has expired: nobody is signed in by that', async () => {
    const phone = await server.logInFrom(user, AGENTS.iphone);
    await server.logInFrom(user, AGENTS.firefox);
    const past = parseDate(new Date(Date.now() - HOUR));
    await server.rawUpdate('_Session', { sessionToken: phone.token }, { expiresAt: past });
    const tab = await server.signedIn(context, user);
    await tab.getByRole('heading', { name: 'This device' }).waitFor();
    expect(await devicesIn(tab, 'Other devices')).toEqual(['Firefox on Windows']);
    await tab.getByRole('button', { name: 'Sign out all other devices' }).click();
    const dialog = tab.getByRole('dialog');
    expect(await dialog.innerText()).toContain('The other session will be signed out at once.');
    await dialog.getByRole('button', { name: 'Sign out all other devices' }).click();
    await told(tab, 'Signed out 1 other session.');
  });

  it('begins at its heading, and describes its dialogs', async () => {
    const tab = await server.signedIn(context, user);
    await tab.getByRole('heading', { name: 'This device' }).waitFor();
    await eventually(async () => expect(await focused(tab)).toBe('Where you are signed in'));
    await tab.getByRole('button', { name: 'New device token' }).click();
    const described = '#' + (await tab.getByRole('dialog').getAttribute('aria-describedby'));
    expect(await tab.locator(described).innerText()).toContain('a token that can do only what you choose');
    await tab.keyboard.press('Escape');
    await tab.getByRole('dialog').waitFor({ state: 'detached' });
    await eventually(async () => expect(await focused(tab)).toBe('New device token'));
  });

  it('signs out everywhere, and says so above the form to sign in again', async () => {
    await server.logInFrom(user, AGENTS.iphone);
    const tab = await server.signedIn(context, user);
    await tab.getByRole('button', { name: 'Sign out everywhere' }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
    await told(tab, 'You signed out.');
    expect(await server.sessions.store.countActive(user.userId)).toBe(0);
    await signIn(tab, user);
    await tab.getByText('You are signed in nowhere else.').waitFor();
  });

  it('signs this device out', async () => {
    const phone = await server.logInFrom(user, AGENTS.iphone);
    const tab = await server.signedIn(context, user);
    await tab.getByRole('button', { name: 'Sign out this device' }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await told(tab, 'You signed out.');
    expect((await server.rest('GET', '/users/me', { token: phone.token })).status).toBe(200);
    expect(await everythingIn(tab)).not.toMatch(/\br:\w{20}/);
  });

  it('names a device in place', async () => {
    await server.logInFrom(user, AGENTS.iphone);
    const tab = await server.signedIn(context, user);
    await tab.getByRole('button', { name: 'Rename Safari on iOS' }).click();
    const field = tab.getByRole('textbox', { name: 'Rename Safari on iOS' });
    await field.fill('  My phone  ');
    await tab.keyboard.press('Enter');
    await told(tab, 'Renamed to My phone.');
    expect(await devicesIn(tab, 'Other devices')).toEqual(['My phone']);
    // The keyboard stays where it was.
    await eventually(async () => expect(await focused(tab)).toBe('Rename My phone'));
    await tab.getByRole('button', { name: 'Rename My phone' }).click();
    await tab.getByRole('textbox', { name: 'Rename My phone' }).waitFor();
    await tab.keyboard.press('Escape');
    await eventually(async () => expect(await devicesIn(tab, 'Other devices')).toEqual(['My phone']));
  });

  it('makes a token for a device, with what is ticked, and shows it once, not as text', async () => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const tab = await server.signedIn(context, user);
    await tab.getByRole('button', { name: 'New device token' }).click();
    const form = tab.getByRole('dialog', { name: 'New device token' });
    await form.getByLabel('Name').fill('Greenhouse');
    expect(await form.getByRole('button', { name: 'Make the token' }).isDisabled()).toBe(true);
    await form.getByLabel('add Telemetry').check();
    await form.getByLabel('call report').check();
    await form.getByLabel('Good for').selectOption('7 days');
    await form.getByRole('button', { name: 'Make the token' }).click();
    const shown = tab.getByRole('dialog', { name: 'The token of Greenhouse' });
    await shown.getByRole('img', { name: 'QR code of the token' }).waitFor();
    await shown.getByRole('button', { name: 'Copy' }).click();
    await shown.getByText('Copied.').waitFor();
    const token: string = await tab.evaluate('navigator.clipboard.readText()');
    const own = await server.run('getSession', {}, { token });
    expect(own).toMatchObject({
      name: 'Greenhouse',
      restricted: true,
      scopes: ['Telemetry:create', 'function:report'],
    });
    const days = (Date.parse(own.expiresAt) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(7);
    const isDrawn = `[...document.querySelectorAll('dialog canvas')].every(canvas => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.some(value => value !== 0);
    })`;
    expect(await tab.evaluate(isDrawn)).toBe(true);
    expect(await everythingIn(tab)).not.toContain(token.slice(2, 30));
    // The user leaves, and comes back.
    await tab.evaluate(`dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`);
    await shown.waitFor({ state: 'detached' });
    const sensor = tab.getByRole('listitem').filter({ hasText: 'Greenhouse' });
    await sensor.getByText('Limited', { exact: true }).waitFor();
    expect(await sensor.innerText()).toContain('It may only: add Telemetry, call report');
    expect(await everythingIn(tab)).not.toContain(token.slice(2, 30));
  });

  it('offers a session that is limited itself nothing to change', async () => {
    const { token } = await server.logInFrom(user, AGENTS.iphone);
    const limited = await server.restricted(token);
    const tab = await server.open(context);
    const stored = { ...user, objectId: user.userId, className: '_User', sessionToken: limited.token };
    await tab.evaluate(
      `localStorage.setItem('Parse/${server.appId}/currentUser', ${JSON.stringify(
        JSON.stringify({ className: '_User', objectId: stored.objectId, sessionToken: stored.sessionToken }),
      )})`,
    );
    await tab.reload();
    await tab.getByText('This device is limited').waitFor();
    expect(await tab.getByRole('button').allInnerTexts()).toEqual([]);
  });

  it('says which sessions the operator has signed out', async () => {
    await server.logInFrom(user, AGENTS.iphone);
    const [{ objectId }] = await server.run('listSessions', { userId: user.userId }, { master: true });
    await server.run('revokeSession', { objectId, note: 'for a reason of his own' }, { master: true });
    const tab = await server.signedIn(context, user);
    const ended = tab.getByRole('region', { name: 'Recently signed out' }).getByRole('listitem');
    await ended
      .filter({ hasText: 'Safari on iOS' })
      .getByText(/Signed out by the operator, now/)
      .waitFor();
    expect(await everythingIn(tab)).not.toContain('a reason of his own');
  });

  it('goes by what another tab has done as soon as the user comes back', async () => {
    await server.logInFrom(user, AGENTS.iphone);
    const one = await server.signedIn(context, user);
    const two = await server.open(context);
    await two.getByRole('button', { name: 'Sign out Safari on iOS' }).waitFor();
    await one.bringToFront();
    await one.getByRole('button', { name: 'Sign out Safari on iOS' }).click();
    await one.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await told(one, 'Signed out Safari on iOS.');
    await two.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
    await two.getByText('You are signed in nowhere else.').waitFor();
    // Its session ends in the one tab. The other says why, and both have the form.
    await one.getByRole('button', { name: 'Sign out everywhere' }).click();
    await one.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
    await told(one, 'You signed out.');
    await two.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
    await told(two, 'You signed out.');
  });

  it('says that nothing was signed out where its own session was over already', async () => {
    const phone = await server.logInFrom(user, AGENTS.iphone);
    const tab = await server.signedIn(context, user);
    await tab.getByRole('button', { name: 'Sign out everywhere' }).click();
    const stored: string = await tab.evaluate(`localStorage.getItem('Parse/${server.appId}/currentUser')`);
    await server.rest('POST', '/logout', { token: JSON.parse(stored).sessionToken });
    await tab.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
    await told(tab, 'Not done: you were signed out here already.');
    await tab.getByLabel('Password').waitFor();
    expect(await server.sessions.store.find(phone.token)).not.toBeNull();
  });

  it('tells a tab whose session was ended elsewhere why, above the form', async () => {
    const phone = await server.logInFrom(user, AGENTS.iphone);
    const tab = await server.signedIn(context, user);
    await server.run('revokeOtherSessions', {}, { token: phone.token });
    await tab.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
    await told(tab, 'You were signed out from another device.');
    await signIn(tab, user);
    await tab.getByRole('heading', { name: 'Other devices' }).waitFor();
  });

  it('speaks German to a German browser', async () => {
    await server.logInFrom(user, AGENTS.firefox);
    const german = await server.newContext({ locale: 'de-AT' });
    const tab = await server.open(german);
    await tab.getByLabel('Benutzername').fill(user.username);
    await tab.getByLabel('Passwort').fill(user.password);
    await tab.getByRole('button', { name: 'Anmelden' }).click();
    await tab.getByRole('button', { name: 'Firefox auf Windows abmelden' }).waitFor();
    expect(await tab.evaluate('[document.documentElement.lang, document.title]')).toEqual([
      'de',
      'Wo Sie angemeldet sind',
    ]);
    expect(await tab.locator('time').first().innerText()).toBe('jetzt');
  });
});
