import { endOfChangedKind, expiryOf, movedExpiry, type ExpiryPolicy } from '../../../src/expiry/policy';
import { rapidContextExpiry } from '../../../src/expiry/presets';
import { resolveOptions } from '../../../src/options';
import { toSessionRecord } from '../../../src/record';
import { DAY, HOUR, MINUTE } from '../../support/time';

const CREATED = new Date('2031-03-01T00:00:00.000Z');
const after = (milliseconds: number) => new Date(CREATED.getTime() + milliseconds);

const POLICY: ExpiryPolicy = {
  authenticated: { idle: 30 * DAY, maxAge: 90 * DAY },
  anonymous: { idle: 30 * MINUTE, maxAge: DAY },
};

const record = (fields: object = {}) =>
  toSessionRecord({
    objectId: 'one',
    sessionToken: 'r:one',
    createdAt: CREATED.toISOString(),
    createdWith: { action: 'login', authProvider: 'password' },
    ...fields,
  });

describe('the end of a session', () => {
  it('is one idle period after its last access while its age allows that', () => {
    expect(expiryOf(POLICY, record(), CREATED)).toEqual(after(30 * DAY));
    expect(expiryOf(POLICY, record(), after(60 * DAY))).toEqual(after(90 * DAY));
    expect(expiryOf(POLICY, record(), after(59 * DAY))).toEqual(after(89 * DAY));
  });

  it('is never later than its greatest age, however late the last access', () => {
    expect(expiryOf(POLICY, record(), after(61 * DAY))).toEqual(after(90 * DAY));
    expect(expiryOf(POLICY, record(), after(200 * DAY))).toEqual(after(90 * DAY));
  });

  it('goes by the kind of the session', () => {
    const anonymous = record({ createdWith: { action: 'login', authProvider: 'anonymous' } });
    expect(expiryOf(POLICY, anonymous, after(HOUR))).toEqual(after(HOUR + 30 * MINUTE));
  });

  it('is left open for a kind that the policy does not name', () => {
    expect(expiryOf(POLICY, record({ restricted: true }), CREATED)).toBeUndefined();
    expect(expiryOf({}, record(), CREATED)).toBeUndefined();
  });

  it('is a valid date also where the policy sets no greatest age', () => {
    const policy = { authenticated: { idle: DAY, maxAge: Infinity } };
    expect(expiryOf(policy, record(), after(400 * DAY))).toEqual(after(401 * DAY));
  });
});

describe('an access', () => {
  it('moves the end on', () => {
    const session = record({ expiresAt: after(30 * DAY) });
    expect(movedExpiry(POLICY, session, after(DAY))).toEqual(after(31 * DAY));
  });

  it('moves nothing once the greatest age is reached', () => {
    const session = record({ expiresAt: after(90 * DAY) });
    expect(movedExpiry(POLICY, session, after(75 * DAY))).toBeUndefined();
  });

  it('never brings the end nearer', () => {
    const session = record({ expiresAt: after(300 * DAY) });
    expect(movedExpiry(POLICY, session, after(DAY))).toBeUndefined();
  });

  it('gives an end to a session that has none', () => {
    expect(movedExpiry(POLICY, record(), after(DAY))).toEqual(after(31 * DAY));
  });

  it.each(['fixedExpiry', 'expiresBy'])(
    'puts an end back that went beyond the one that was chosen: %s',
    key => {
      const renewed = record({ expiresAt: after(3 * DAY), [key]: after(DAY) });
      expect(movedExpiry({}, renewed, after(HOUR))).toEqual(after(DAY));
      expect(movedExpiry(POLICY, renewed, after(HOUR))).toEqual(after(DAY));
    },
  );

  it('leaves a fixed end, and that of a kind without a policy, where it is', () => {
    const fixed = record({ expiresAt: after(DAY), fixedExpiry: after(DAY) });
    expect(movedExpiry(POLICY, fixed, after(HOUR))).toBeUndefined();
    const restricted = record({ expiresAt: after(DAY), restricted: true });
    expect(movedExpiry(POLICY, restricted, after(HOUR))).toBeUndefined();
  });
});

describe('an end that the client chose', () => {
  it('is the latest that the session gets, and does not lengthen what the policy gives', () => {
    const chosen = { expiresBy: after(40 * DAY) };
    expect(expiryOf(POLICY, record(chosen), CREATED)).toEqual(after(30 * DAY));
    expect(expiryOf(POLICY, record(chosen), after(20 * DAY))).toEqual(after(40 * DAY));
    const later = { expiresBy: after(400 * DAY) };
    expect(expiryOf(POLICY, record(later), after(80 * DAY))).toEqual(after(90 * DAY));
  });

  it('is left to Parse Server for a kind without a policy', () => {
    expect(expiryOf(POLICY, record({ restricted: true, expiresBy: after(DAY) }), CREATED)).toBeUndefined();
  });
});

describe('the options of expiry, last access and purge', () => {
  it('take the lifetimes of RapidContext: 30 minutes and 30 days idle, 90 days at most', () => {
    expect(resolveOptions({ expiry: rapidContextExpiry }).expiry).toEqual({
      anonymous: { idle: 30 * MINUTE, maxAge: 90 * DAY },
      authenticated: { idle: 30 * DAY, maxAge: 90 * DAY },
      restricted: { idle: 30 * DAY, maxAge: 90 * DAY },
    });
  });

  it('take seconds as numbers, and fill in the half of a lifetime that is left out', () => {
    const { expiry } = resolveOptions({
      expiry: { authenticated: { idle: 60 }, anonymous: { maxAge: '1d' } },
    });
    expect(expiry).toEqual({
      authenticated: { idle: MINUTE, maxAge: Infinity },
      anonymous: { idle: DAY, maxAge: DAY },
    });
  });

  it('name no lifetime when left out: Parse Server’s own rules stay', () => {
    expect(resolveOptions({}).expiry).toEqual({});
  });

  it.each([
    ['expiry.authenticated', { expiry: { authenticated: {} } }, 'at least one'],
    ['expiry.authenticated.idle', { expiry: { authenticated: { idle: 'soon' } } }, "'soon'"],
    ['expiry.anonymous.maxAge', { expiry: { anonymous: { maxAge: 0 } } }, 'got 0'],
    ['expiry.restricted.idle', { expiry: { restricted: { idle: -1 } } }, 'got -1'],
    ['expiry.guest', { expiry: { guest: { idle: '1d' } } }, 'authenticated, anonymous, restricted'],
    ['activity.flushInterval', { activity: { flushInterval: '0s' } }, "'0s'"],
    ['activity.enabled', { activity: { enabled: 'yes' } }, "'yes'"],
    ['purge.schedule', { purge: { schedule: 'every day' } }, 'cron pattern'],
    ['purge.batchSize', { purge: { schedule: '0 3 * * *', batchSize: 0 } }, '1 to 10000'],
    ['purge.olderThan', { purge: { schedule: '0 3 * * *', olderThan: 'long' } }, "'long'"],
  ])('are refused with the path, what it got and what it takes: %s', (path, options, words) => {
    const resolve = () => resolveOptions(options as never);
    expect(resolve).toThrow(`"${path}"`);
    expect(resolve).toThrow(words);
  });
});

describe('a session whose user is anonymous no longer', () => {
  const now = after(HOUR);
  const byServer = after(365 * DAY);
  const anonymous = (fields: object = {}) =>
    record({ anonymous: true, expiresAt: after(2 * HOUR), ...fields });
  const changed = (session: ReturnType<typeof record>, policy = POLICY) =>
    endOfChangedKind(policy, session, false, now, byServer);

  it('ends by the policy of its new kind, counted from now', () => {
    expect(changed(anonymous())).toEqual(after(HOUR + 30 * DAY));
    expect(changed(anonymous({ createdAt: after(-80 * DAY).toISOString() }))).toEqual(after(10 * DAY));
    expect(changed(anonymous({ expiresAt: undefined }))).toEqual(after(HOUR + 30 * DAY));
  });

  it('and of one who is anonymous again, too', () => {
    const session = record({ anonymous: false, expiresAt: after(DAY) });
    expect(endOfChangedKind(POLICY, session, true, now, byServer)).toEqual(after(HOUR + 30 * MINUTE));
  });

  it('ends as Parse Server has it where the policy names its former kind only', () => {
    const policy = { anonymous: POLICY.anonymous! };
    expect(changed(anonymous(), policy)).toEqual(byServer);
    expect(endOfChangedKind(policy, anonymous(), false, now, undefined)).toBeNull();
  });

  it.each<[string, object, ExpiryPolicy]>([
    ['without a policy for either kind', {}, { restricted: { idle: DAY, maxAge: DAY } }],
    ['that is restricted', { restricted: true }, POLICY],
    ['that was none of an anonymous user', { anonymous: false }, POLICY],
    ['that has a fixed end', { fixedExpiry: after(2 * HOUR) }, POLICY],
    ['that has a latest end', { expiresBy: after(2 * HOUR) }, POLICY],
    ['that is over', { expiresAt: after(MINUTE) }, POLICY],
    ['that was invalidated', { invalidatedAt: after(MINUTE) }, POLICY],
  ])('ends as before, one %s', (_which, fields, policy) => {
    expect(changed(anonymous(fields), policy)).toBeUndefined();
  });
});
