import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext } from 'playwright-core';
import type { SpecUser } from '../support/server';
import { eventually } from '../support/time';
import { describeInBrowser } from '../support/browser';
import { closeAfterwards, AGENTS, devicesIn, startPageServer, type PageServer } from './support/pages';

const SCRIPT = `<img src=x onerror="document.title='hit'"><script>document.title='hit'</script>`;

describeInBrowser('an attack on the devices page', () => {
  let server: PageServer;
  let context: BrowserContext;
  let user: SpecUser;
  /** What an attacker serves from another origin. */
  let elsewhere: http.Server;
  let foreign: string;
  let document = '';

  beforeAll(async () => {
    server = await startPageServer({ locate: async () => SCRIPT });
    elsewhere = http.createServer((_request, response) =>
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(document),
    );
    await new Promise<void>(resolve => elsewhere.listen(0, '127.0.0.1', resolve));
    foreign = `http://localhost:${(elsewhere.address() as AddressInfo).port}/`;
  }, 60_000);

  beforeEach(async () => {
    user = await server.signUp();
    context = await server.newContext();
  });

  closeAfterwards(() => server);
  afterAll(() => void elsewhere?.close());

  it('shows names, agents, places and addresses as text', async () => {
    await server.logInFrom(user, `${SCRIPT}/1.0 (Windows NT 10.0)`, '203.0.113.9');
    await server.logInFrom(user, `Evil<b>app</b>/2.0 (iPhone)`, SCRIPT);
    await server.sessions.store.createRestricted(user.userId, { name: SCRIPT });
    await server.sessions.store.createRestricted(user.userId, { name: '\u202eevil\u2066' });
    const gone = await server.sessions.store.createRestricted(user.userId, { name: `gone ${SCRIPT}` });
    await server.sessions.store.revoke(gone.objectId);
    const tab = await server.signedIn(context, user);
    await tab.getByRole('heading', { name: SCRIPT }).waitFor();
    expect(await devicesIn(tab, 'Other devices')).toContain(SCRIPT);
    await tab.getByText(`gone ${SCRIPT}`).waitFor();
    expect(await tab.locator('main').locator('img, script, b, iframe').count()).toBe(0);
    expect(await tab.title()).toBe('Where you are signed in');
  });

  it('lets no name turn the direction of the words round it', async () => {
    await server.sessions.store.createRestricted(user.userId, { name: '\u202eevil\u2069 name' });
    const tab = await server.signedIn(context, user);
    await tab.getByRole('button', { name: 'Sign out evil name' }).click();
    expect(await tab.getByRole('dialog').innerText()).toContain('evil name will be signed out at once.');
    expect(await tab.locator('body').innerText()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  });

  it('cannot be framed', async () => {
    document = `<iframe src="${server.origin}/sessions/"></iframe><iframe src="${server.origin}/sessions/report"></iframe>`;
    const tab = await context.newPage();
    await tab.goto(foreign);
    const frames = tab.frames().filter(frame => frame !== tab.mainFrame());
    expect(frames).toHaveLength(2);
    for (const frame of frames) expect(await frame.locator('main').count()).toBe(0);
  });

  it('tells another origin nothing, and does nothing for it', async () => {
    const tab = await server.signedIn(context, user);
    await tab.getByRole('heading', { name: 'This device' }).waitFor();
    document = '<title>evil</title>';
    const evil = await context.newPage();
    await evil.goto(foreign);
    const page = JSON.stringify(`${server.origin}/sessions/`);
    const [popup] = await Promise.all([
      context.waitForEvent('page'),
      evil.evaluate(`void (window.opened = window.open(${page}))`),
    ]);
    // It is the user's own page, in his own browser.
    await popup.getByRole('heading', { name: 'This device' }).waitFor();
    const outcome = await evil.evaluate(`(async () => {
      let reads = 'refused';
      try { reads = opened.document.body.innerText; } catch {}
      const read = await fetch(${page}).then(answer => answer.text(), () => 'refused');
      return { reads, read };
    })()`);
    expect(outcome).toMatchObject({ read: 'refused' });
    expect((outcome as { reads: string }).reads).not.toContain(user.username);
  });

  it('takes no code from the address but what it fills into the field', async () => {
    const hash = `#userCode=${encodeURIComponent(SCRIPT)}&title=hit&serverURL=${encodeURIComponent(foreign)}`;
    const tab = await server.open(context, `/sessions/${hash}`);
    await tab.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await tab.title()).toBe('Where you are signed in');
    const requests: string[] = [];
    context.on('request', request => void requests.push(new URL(request.url()).origin));
    await tab.reload();
    await tab.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect([...new Set(requests)]).toEqual([server.origin]);
  });

  it('runs no script that gets into the document all the same', async () => {
    const tab = await server.open(context);
    // As an attacker would who has found a way to add to the document: what the spec itself runs counts as trusted.
    await tab.evaluate(`
      document.body.append(Object.assign(document.createElement('button'), { id: 'try' }));
      document.getElementById('try').addEventListener('click', () => {
        try { document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.hit = true">'); } catch {}
        try { setTimeout('window.hit = true'); } catch {}
        const foreign = document.createElement('script');
        try { foreign.src = ${JSON.stringify(foreign)}; document.body.append(foreign); } catch {}
        const inline = document.createElement('a');
        inline.setAttribute('onclick', 'window.hit = true');
        document.body.append(inline);
        inline.click();
      });
    `);
    document = 'window.hit = true';
    await tab.locator('#try').dispatchEvent('click');
    await eventually(() => expect(server.problems.length).toBeGreaterThan(1));
    expect(await tab.evaluate('window.hit')).toBeUndefined();
    // The browser has complained of each.
    server.problems.length = 0;
  });

  it('sends the token to the Parse Server of the page only', async () => {
    const seen: string[] = [];
    context.on('request', request => {
      if ((request.postData() ?? '').includes('r:')) seen.push(new URL(request.url()).pathname);
    });
    const tab = await server.signedIn(context, user);
    await server.logInFrom(user, AGENTS.mac);
    await tab.reload();
    await tab.getByRole('heading', { name: 'This device' }).waitFor();
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter(path => !path.startsWith('/parse/'))).toEqual([]);
    expect(await tab.evaluate('performance.getEntries().map(entry => entry.name).join()')).not.toContain(
      'r:',
    );
  });
});
