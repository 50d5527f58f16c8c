/* global Parse */
// Cloud code for Parse Dashboard: the functions that config.json beside it names. Load it from your own cloud code:
// require('./dashboard/cloud.js'). The panels show a user's sessions, the scripts sign them out. All of it goes by the cloud
// functions of parse-server-sessions, which Parse Dashboard may call because it has the master key.

/** The option `functionPrefix` of this server. */
const PREFIX = '';

/** How many sessions a panel shows. */
const SHOWN = 20;

/** No text is longer: neither what is shown, nor a note. */
const MAX_TEXT = 500;

const run = (name, params) => Parse.Cloud.run(PREFIX + name, params, { useMasterKey: true });

/** Only the holder of the master key, whom the dashboard is. */
function operator({ master }) {
  if (!master) throw forbidden('This is for Parse Dashboard, which has the master key.');
}

/** The function calls others with the full master key: whoever has the read-only one must not get further by it. */
function operatorWhoChanges(request) {
  operator(request);
  if (request.isReadOnly) throw forbidden('The read-only master key cannot sign anybody out.');
}

const forbidden = text => new Parse.Error(Parse.Error.OPERATION_FORBIDDEN, text);
const wrong = text => new Parse.Error(Parse.Error.VALIDATION_ERROR, text);

/** The id of the row that was selected: a Parse.Object, or plain JSON where `encodeParseObjectInCloudFunction` is off. */
function selected({ params: { object } }, className) {
  const id = object?.id ?? object?.objectId;
  if (object?.className !== className || typeof id !== 'string') {
    throw wrong(`object: expected a row of ${className}`);
  }
  return id;
}

async function userOfSession(objectId) {
  // Not its token, which nobody here needs.
  const session = await new Parse.Query('_Session').select('user').get(objectId, { useMasterKey: true });
  const user = session.get('user');
  if (!user) throw wrong('This session is not bound to a user.');
  return user.id;
}

// What a client or a device says of itself is shown as one plain line: without control characters, and without those that
// turn the direction of what follows.
const plain = value =>
  String(value ?? '')
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, MAX_TEXT) || '–';

/** To the minute, in UTC. */
const minute = iso => (iso ? `${iso.slice(0, 10)} ${iso.slice(11, 16)}` : '–');

function deviceOf({ name, device, restricted, scopes }) {
  const own = name ?? [device?.browser, device?.os].filter(Boolean).join(', ');
  const kind = scopes ? ' (scoped)' : restricted ? ' (restricted)' : '';
  return plain(own || 'unknown') + kind;
}

const placeOf = ({ place, ip }) => plain(place ?? ip);

/** Such as "revoked by master: ticket 4711". */
function whyOf({ reason, by, note }) {
  const ender = by.kind === 'self' ? '' : ` by ${plain(by.name ?? by.kind)}`;
  return reason + ender + (note ? `: ${plain(note)}` : '');
}

const lastUseOf = session => minute(session.lastAccessedAt ?? session.createdAt);

const table = (names, rows) => ({
  type: 'table',
  columns: names.map(name => ({ name, type: 'string' })),
  rows: rows.map(cells => Object.fromEntries(names.map((name, place) => [name, cells[place]]))),
});

const keyValue = (key, value) => ({ type: 'keyValue', key, value });

/** A value that leads to rows of the data browser. */
const link = (key, value, className, filter) => ({
  ...keyValue(key, value),
  url: `browser/${className}?filters=${encodeURIComponent(JSON.stringify([filter]))}`,
  isRelativeUrl: true,
});

const pointerTo = userId => ({ __type: 'Pointer', className: '_User', objectId: userId });

const activeSessions = async userId => (await run('listSessions', { userId })).filter(({ active }) => active);

/** The info panel of a user: where he is signed in, and why he was signed out elsewhere. */
Parse.Cloud.define(
  'dashboardUser',
  async request => {
    const userId = selected(request, '_User');
    const [sessions, ended] = await Promise.all([
      activeSessions(userId),
      run('listEndedSessions', { userId, limit: SHOWN }),
    ]);
    const shown = sessions.slice(0, SHOWN);
    return {
      panel: {
        segments: [
          {
            title: 'Signed in',
            items: [
              link('Sessions', String(sessions.length), '_Session', {
                field: 'user',
                constraint: 'eq',
                compareTo: pointerTo(userId),
              }),
              table(
                ['Device', 'Place', 'Last use (UTC)'],
                shown.map(session => [deviceOf(session), placeOf(session), lastUseOf(session)]),
              ),
            ],
          },
          {
            title: 'Signed out',
            items: [
              table(
                ['Device', 'Why', 'When (UTC)'],
                ended.map(session => [deviceOf(session), whyOf(session), minute(session.endedAt)]),
              ),
            ],
          },
        ],
      },
    };
  },
  operator,
);

/** The info panel of a session. */
Parse.Cloud.define(
  'dashboardSession',
  async request => {
    const objectId = selected(request, '_Session');
    const userId = await userOfSession(objectId);
    const session = (await run('listSessions', { userId })).find(one => one.objectId === objectId);
    if (!session) throw new Parse.Error(Parse.Error.OBJECT_NOT_FOUND, 'This session is over.');
    return {
      panel: {
        segments: [
          {
            title: session.active ? 'Session' : 'Session, expired',
            items: [
              link('User', userId, '_User', { field: 'objectId', constraint: 'eq', compareTo: userId }),
              keyValue('Device', deviceOf(session)),
              keyValue('Place', placeOf(session)),
              keyValue('Address', plain(session.ip)),
              keyValue('Last use (UTC)', lastUseOf(session)),
              keyValue('Made (UTC)', minute(session.createdAt)),
              keyValue('Ends (UTC)', minute(session.expiresAt)),
              keyValue('Scopes', session.scopes ? plain(session.scopes.join(', ')) : '–'),
            ],
          },
        ],
      },
    };
  },
  operator,
);

/** What stands in the log and in the record of the session. */
const noteOf = typed => {
  const why = typeof typed === 'string' ? typed.trim() : '';
  return `Parse Dashboard${why ? `: ${why}` : ''}`.slice(0, MAX_TEXT);
};

const signedOut = ({ revoked }) => `${revoked} ${revoked === 1 ? 'session' : 'sessions'} signed out.`;

/** On rows of `_Session`: signs out each that is selected. */
Parse.Cloud.define(
  'dashboardSignOut',
  async request => {
    const objectId = selected(request, '_Session');
    return signedOut(await run('revokeSession', { objectId, note: noteOf() }));
  },
  operatorWhoChanges,
);

/** On a user: asks which of his devices, and why. */
Parse.Cloud.define(
  'dashboardSignOutDevice',
  async request => {
    const sessions = await activeSessions(selected(request, '_User'));
    if (sessions.length === 0) return 'Signed in nowhere.';
    return {
      __type: 'ScriptResponse',
      form: {
        title: 'Sign out a device',
        cloudCodeFunction: 'dashboardSignOutChosen',
        elements: [
          {
            element: 'dropDown',
            name: 'objectId',
            label: 'Device',
            // The dashboard chooses the first one beforehand, which must sign nobody out.
            items: [
              { title: 'Choose', value: '' },
              ...sessions.map(session => ({
                title: `${deviceOf(session)}, ${placeOf(session)}, ${lastUseOf(session)}`,
                value: session.objectId,
              })),
            ],
          },
          {
            element: 'textInput',
            name: 'note',
            label: 'Why',
            description: 'Operators see it, users do not.',
          },
        ],
      },
    };
  },
  operatorWhoChanges,
);

/** What the form of `dashboardSignOutDevice` sends. */
Parse.Cloud.define(
  'dashboardSignOutChosen',
  async request => {
    const userId = selected(request, '_User');
    const { objectId, note } = Object(request.params.formData);
    if (typeof objectId !== 'string' || objectId === '') throw wrong('Choose a device.');
    // With several users selected the form is sent for each of them.
    const sessions = await activeSessions(userId);
    if (!sessions.some(session => session.objectId === objectId)) {
      throw new Parse.Error(Parse.Error.OBJECT_NOT_FOUND, 'This user has no such session.');
    }
    return signedOut(await run('revokeSession', { objectId, note: noteOf(note) }));
  },
  operatorWhoChanges,
);

/** On users: signs each out everywhere. */
Parse.Cloud.define(
  'dashboardSignOutEverywhere',
  async request =>
    signedOut(await run('revokeSessions', { userId: selected(request, '_User'), note: noteOf() })),
  operatorWhoChanges,
);
