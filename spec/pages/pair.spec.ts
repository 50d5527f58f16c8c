import type { BrowserContext } from 'playwright-core';
import type { SpecUser } from '../support/server';
import { eventually } from '../support/time';
import { describeInBrowser } from '../support/browser';
import {
  closeAfterwards,
  AGENTS,
  devicesIn,
  signIn,
  startPageServer,
  told,
  type PageServer,
} from './support/pages';

describeInBrowser('the page to add a device', () => {
  let server: PageServer;
  let context: BrowserContext;
  let user: SpecUser;

  beforeAll(async () => {
    server = await startPageServer({
      pairing: {
        verificationUri: 'https://example.com/sessions/pair',
        scopes: ['Telemetry:create', 'Telemetry:read'],
      },
    });
    await server.makeClass('Telemetry');
  }, 60_000);

  beforeEach(async () => {
    user = await server.signUp();
    context = await server.newContext();
  });

  closeAfterwards(() => server);

  const start = (name = 'Living room TV') =>
    server.run(
      'startPairing',
      { name, scopes: ['Telemetry:create', 'Telemetry:read'] },
      { headers: { 'User-Agent': AGENTS.mac, 'X-Forwarded-For': '203.0.113.77' } },
    );
  const complete = (deviceCode: string) => server.run('completePairing', { deviceCode });

  it('takes a typed code, shows what asks, and gives the device what is left ticked', async () => {
    const { userCode, deviceCode } = await start();
    const tab = await server.signedIn(context, user);
    await tab.getByRole('link', { name: 'Add a device by its code' }).click();
    await tab
      .getByLabel('Type the code that the device shows.')
      .fill(` ${userCode.toLowerCase().replace('-', ' ')}`);
    await tab.getByRole('button', { name: 'Next' }).click();
    await tab.getByRole('heading', { name: '“Living room TV” asks to use your account' }).waitFor();
    const shown = await tab.locator('main').innerText();
    for (const text of [
      userCode,
      'Chrome on macOS',
      '203.0.113.77',
      'If somebody else has sent you this code',
    ]) {
      expect(shown).toContain(text);
    }
    await tab.getByLabel('add Telemetry').uncheck();
    await tab.getByLabel('Name in your list of devices').fill('TV');
    await tab.getByRole('button', { name: 'Allow' }).click();
    await told(tab, 'Allowed TV. It is signed in within a few seconds.');
    const answer = await complete(deviceCode);
    expect(answer).toMatchObject({ status: 'approved', scopes: ['Telemetry:read'] });
    await tab.getByRole('link', { name: 'Your devices' }).click();
    await tab.getByRole('heading', { name: 'Other devices' }).waitFor();
    expect(await devicesIn(tab, 'Other devices')).toContain('TV');
  });

  it('only fills the field by the code in a link: the user looks, and may deny', async () => {
    const { verificationUriComplete, deviceCode } = await start();
    const { hash } = new URL(verificationUriComplete);
    const tab = await server.signedIn(context, user, `/sessions/pair${hash}`);
    expect(await tab.getByRole('textbox').inputValue()).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    expect(await complete(deviceCode)).toEqual({ status: 'pending' });
    await tab.getByRole('button', { name: 'Next' }).click();
    await tab.getByRole('button', { name: 'Deny' }).click();
    await told(tab, 'Denied Living room TV. It gets nothing.');
    expect(new URL(tab.url()).hash).toBe('');
    expect(await complete(deviceCode)).toMatchObject({ status: expect.stringMatching(/denied|slowDown/) });
  });

  it('goes by the newest link that is followed in the tab', async () => {
    const [first, second] = [await start('First'), await start('Second')];
    const tab = await server.signedIn(context, user, `/sessions/pair#userCode=${first.userCode}`);
    await tab.evaluate(`location.hash = '#userCode=${second.userCode}'`);
    await eventually(async () => expect(await tab.getByRole('textbox').inputValue()).toBe(second.userCode));
    await tab.getByRole('button', { name: 'Next' }).click();
    await tab.getByRole('heading', { name: '“Second” asks to use your account' }).waitFor();
  });

  it('says that a code is unknown, and takes another one', async () => {
    const tab = await server.signedIn(context, user, '/sessions/pair');
    await tab.getByRole('textbox').fill('BBBB-BBBB');
    await tab.getByRole('button', { name: 'Next' }).click();
    await tab.getByRole('alert').filter({ hasText: 'There is no device with this code.' }).waitFor();
    const { userCode } = await start();
    await tab.getByRole('textbox').fill(userCode);
    await tab.getByRole('button', { name: 'Next' }).click();
    await tab.getByRole('button', { name: 'Allow' }).waitFor();
  });

  it('asks the user to sign in first, and then goes on with the code of the link', async () => {
    const { userCode } = await start();
    const tab = await server.open(context, `/sessions/pair#userCode=${userCode}`);
    await signIn(tab, user);
    expect(await tab.getByRole('textbox').inputValue()).toBe(userCode);
  });

  it('shows names as they are', async () => {
    const name = '<img src=x onerror="document.title=1"> & co';
    const { userCode } = await start(name);
    const tab = await server.signedIn(context, user, `/sessions/pair#userCode=${userCode}`);
    await tab.getByRole('button', { name: 'Next' }).click();
    await tab.getByRole('heading', { name: `“${name}” asks to use your account` }).waitFor();
    expect(await tab.locator('main img').count()).toBe(0);
  });
});
