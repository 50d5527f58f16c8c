import path from 'node:path';
import config from '../../docs/examples/dashboard/config.json';
import { recordsWritten } from '../support/records';
import { startServer, type RestOptions, type SpecServer, type SpecUser } from '../support/server';
import { pointerTo, sessionRow, useToken } from '../support/sessions';

const CLOUD = path.join(__dirname, '../../docs/examples/dashboard/cloud.js');
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const READING = ['dashboardUser', 'dashboardSession'];
const CHANGING = [
  'dashboardSignOut',
  'dashboardSignOutDevice',
  'dashboardSignOutChosen',
  'dashboardSignOutEverywhere',
];

let server: SpecServer;
let user: SpecUser;
let current: { objectId: string; token: string };
beforeAll(async () => {
  server = await startServer({ locate: ip => (ip === '127.0.0.1' ? 'Lagos' : null) }, {}, { cloud: CLOUD });
});
afterAll(() => server.stop());
beforeEach(async () => {
  const { username, password } = await server.signUp();
  user = await server.login(username, password, { 'User-Agent': FIREFOX });
  current = { objectId: (await sessionRow(server, user.token)).objectId, token: user.token };
  await server.run('revokeOtherSessions', {}, { token: user.token });
});

/** Calls a function as the dashboard does: the row that is selected, as a pointer, with the master key. */
const dashboard = (
  name: string,
  object: object,
  params: object = {},
  request: RestOptions = { master: true },
) => server.run(name, { object, ...params }, request);
const session = (objectId: string) => ({ __type: 'Pointer', className: '_Session', objectId });
const itemsOf = ({ panel }: any, title: string) =>
  panel.segments.find((segment: any) => segment.title === title).items;
const rowsOf = (answer: any, title: string) =>
  itemsOf(answer, title).find(({ type }: any) => type === 'table').rows;
const aMinute = expect.stringMatching(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$/);
/** Every text of an answer. */
const textsOf = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : Object.values(Object(value)).flatMap(textsOf);

describe('the configuration for Parse Dashboard', () => {
  const [app] = config.apps;
  const entries = [...app!.infoPanel, ...app!.scripts];

  it('names functions that are there, and classes that they are for', async () => {
    const names = entries.map(({ cloudCodeFunction }) => cloudCodeFunction);
    for (const name of names) {
      // Without a row each refuses in its own words: an unknown function would answer 141.
      await expect(server.run(name, {}, { master: true })).rejects.toMatchObject({ code: 142 });
    }
    for (const { classes, cloudCodeFunction } of entries) {
      expect(classes).toEqual([expect.stringMatching(/^_(User|Session)$/)]);
      const other = classes[0] === '_User' ? session('x') : pointerTo('x');
      await expect(dashboard(cloudCodeFunction, other)).rejects.toMatchObject({
        code: 142,
        message: `object: expected a row of ${classes[0]}`,
      });
    }
    expect([...READING, ...CHANGING]).toEqual(expect.arrayContaining(names));
  });

  it('asks before a script signs anybody out', () => {
    for (const script of app!.scripts) {
      const asksByForm = script.cloudCodeFunction === 'dashboardSignOutDevice';
      expect(script.showConfirmationDialog === true || asksByForm).toBe(true);
    }
  });
});

describe('what the dashboard calls', () => {
  it.each([...READING, ...CHANGING])('%s is refused to sessions and to nobody with 119', async name => {
    const object = name === 'dashboardSession' ? session(current.objectId) : pointerTo(user.userId);
    for (const request of [{ token: user.token }, {}]) {
      await expect(dashboard(name, object, {}, request)).rejects.toMatchObject({ code: 119 });
    }
    expect(await useToken(server, user.token)).toBe(200);
  });

  it.each(CHANGING)('%s is refused to the read-only master key, which it would get past', async name => {
    const object = name === 'dashboardSignOut' ? session(current.objectId) : pointerTo(user.userId);
    const params = { formData: { objectId: current.objectId } };
    await expect(dashboard(name, object, params, { readOnlyMaster: true })).rejects.toMatchObject({
      code: 119,
    });
    expect(await useToken(server, user.token)).toBe(200);
  });

  it('shows the read-only master key the panels', async () => {
    const request = { readOnlyMaster: true };
    const panel = await dashboard('dashboardUser', pointerTo(user.userId), {}, request);
    expect(rowsOf(panel, 'Signed in')).toHaveLength(1);
    await dashboard('dashboardSession', session(current.objectId), {}, request);
  });
});

describe('the panel of a user', () => {
  const panel = () => dashboard('dashboardUser', pointerTo(user.userId));

  it('shows where he is signed in, by device, place and last use', async () => {
    const scoped = { name: 'Boiler', scopes: ['function:report'] };
    await server.run('createRestrictedSession', scoped, { token: user.token });
    await panel();
    const answer = await panel();
    expect(Object.keys(answer)).toEqual(['panel']);
    expect(answer.panel.segments.map(({ title }: any) => title)).toEqual(['Signed in', 'Signed out']);
    expect(rowsOf(answer, 'Signed in')).toEqual(
      expect.arrayContaining([
        { Device: 'Firefox, Linux', Place: 'Lagos', 'Last use (UTC)': aMinute },
        { Device: 'Boiler (scoped)', Place: expect.any(String), 'Last use (UTC)': aMinute },
      ]),
    );
    const table = itemsOf(answer, 'Signed in')[1];
    expect(table).toMatchObject({ type: 'table', columns: expect.any(Array) });
    for (const row of table.rows) {
      expect(Object.keys(row)).toEqual(table.columns.map(({ name }: any) => name));
    }
  });

  it('leads to the rows of his sessions', async () => {
    const [link] = itemsOf(await panel(), 'Signed in');
    expect(link).toMatchObject({ type: 'keyValue', key: 'Sessions', value: '1', isRelativeUrl: true });
    const { searchParams, pathname } = new URL(link.url, 'http://dashboard/');
    expect(pathname).toBe('/browser/_Session');
    expect(JSON.parse(searchParams.get('filters')!)).toEqual([
      { field: 'user', constraint: 'eq', compareTo: pointerTo(user.userId) },
    ]);
  });

  it('shows why the last ones ended', async () => {
    const { username, password } = user;
    const phone = await server.login(username, password);
    await server.rest('POST', '/logout', { token: phone.token });
    const stolen = await server.login(username, password);
    const { objectId } = await sessionRow(server, stolen.token);
    await server.run('revokeSession', { objectId, note: 'a ticket' }, { master: true });
    await recordsWritten({ server });
    const row = (Why: string) => ({ Device: expect.any(String), Why, 'When (UTC)': aMinute });
    expect(rowsOf(await panel(), 'Signed out').slice(0, 2)).toEqual([
      row('revoked by master: a ticket'),
      row('logout'),
    ]);
  });

  it('has no token, and each text on one line without characters that turn or hide it', async () => {
    const { objectId } = await server.restricted(user.token);
    const name = 'Boiler\n\u202egnp.exe\u0007<b>';
    await server.rawUpdate('_Session', { objectId }, { name, ip: 'not\u001b[31man address' });
    const answers = [await panel(), await dashboard('dashboardSession', session(objectId))];
    for (const text of answers.flatMap(textsOf)) {
      expect(text).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(text).not.toContain(user.token);
      expect(text).not.toMatch(/^r:/);
    }
    expect(rowsOf(answers[0], 'Signed in').map(({ Device }: any) => Device)).toContain(
      'Boiler gnp.exe <b> (restricted)',
    );
  });

  it('is there for a user without a session', async () => {
    await server.run('revokeSessions', {}, { token: user.token });
    const answer = await panel();
    expect(itemsOf(answer, 'Signed in')[0].value).toBe('0');
    expect(rowsOf(answer, 'Signed in')).toEqual([]);
  });
});

describe('the panel of a session', () => {
  it('tells whose it is, and what it is', async () => {
    await dashboard('dashboardUser', pointerTo(user.userId));
    const { panel } = await dashboard('dashboardSession', session(current.objectId));
    expect(panel.segments).toHaveLength(1);
    const values = Object.fromEntries(panel.segments[0].items.map(({ key, value }: any) => [key, value]));
    expect(values).toEqual({
      User: user.userId,
      Device: 'Firefox, Linux',
      Place: 'Lagos',
      Address: '127.0.0.1',
      'Last use (UTC)': aMinute,
      'Made (UTC)': aMinute,
      'Ends (UTC)': aMinute,
      Scopes: '–',
    });
  });

  it('answers 101 for one that is over', async () => {
    await server.sessions.store.revoke(current.objectId);
    await expect(dashboard('dashboardSession', session(current.objectId))).rejects.toMatchObject({
      code: 101,
    });
  });
});

describe('signing out', () => {
  it('ends the session of a row', async () => {
    const other = await server.restricted(user.token);
    expect(await dashboard('dashboardSignOut', session(other.objectId))).toBe('1 session signed out.');
    expect(await useToken(server, other.token)).toBe(209);
    expect(await useToken(server, user.token)).toBe(200);
    await expect(dashboard('dashboardSignOut', session(other.objectId))).rejects.toMatchObject({ code: 101 });
  });

  it('asks which device, with none chosen, and ends that one with a note', async () => {
    const other = await server.restricted(user.token);
    const asked = await dashboard('dashboardSignOutDevice', pointerTo(user.userId));
    expect(asked).toMatchObject({
      __type: 'ScriptResponse',
      form: {
        cloudCodeFunction: 'dashboardSignOutChosen',
        elements: [{ name: 'objectId' }, { name: 'note' }],
      },
    });
    const [none, ...devices] = asked.form.elements[0].items;
    expect(none).toEqual({ title: 'Choose', value: '' });
    expect(devices.map(({ value }: any) => value).sort()).toEqual([current.objectId, other.objectId].sort());

    const choose = (formData: object) =>
      dashboard('dashboardSignOutChosen', pointerTo(user.userId), { formData });
    for (const formData of [{ objectId: '' }, {}, { objectId: { $ne: null } }]) {
      await expect(choose(formData)).rejects.toMatchObject({ code: 142 });
    }
    expect(await choose({ objectId: other.objectId, note: ' lost ' })).toBe('1 session signed out.');
    expect(await useToken(server, other.token)).toBe(209);
    expect(await useToken(server, user.token)).toBe(200);
    await recordsWritten({ server });
    const [record] = await server.run('listEndedSessions', { userId: user.userId }, { master: true });
    expect(record).toMatchObject({ objectId: other.objectId, note: 'Parse Dashboard: lost' });
  });

  it('ends no session of another user by that form', async () => {
    const other = await server.signUp();
    const formData = { objectId: current.objectId };
    const chosen = dashboard('dashboardSignOutChosen', pointerTo(other.userId), { formData });
    await expect(chosen).rejects.toMatchObject({ code: 101 });
    expect(await useToken(server, user.token)).toBe(200);
  });

  it('says so where there is nothing to sign out', async () => {
    await server.run('revokeSessions', {}, { token: user.token });
    const answer = await dashboard('dashboardSignOutDevice', pointerTo(user.userId));
    expect(answer).toBe('Signed in nowhere.');
  });

  it('ends all sessions of a user', async () => {
    const other = await server.restricted(user.token);
    const answer = await dashboard('dashboardSignOutEverywhere', pointerTo(user.userId));
    expect(answer).toBe('2 sessions signed out.');
    for (const { token } of [user, other]) expect(await useToken(server, token)).toBe(209);
  });
});
