import ms from 'ms';
import type { Lifetime } from '../expiry/policy';
import type { Seen } from './finding';
import type { Patient } from './patient';

/** What NIST SP 800-63B-4 asks of the levels, the strictest first (2.1.3, 2.2.3, 2.3.3). */
const NIST: ReadonlyArray<[level: number, lifetime: Lifetime]> = [
  [3, { idle: ms('15m'), maxAge: ms('12h') }],
  [2, { idle: ms('1h'), maxAge: ms('24h') }],
  [1, { idle: Infinity, maxAge: ms('30d') }],
];

/** Parse Server's own default, in seconds: a year. */
const SESSION_LENGTH = 31_536_000;

export function lifetimes({ options, config }: Patient): Seen {
  const lifetime = options.expiry.authenticated ?? lifetimeByServer(config);
  const what = `Sessions of signed-in users ${told(lifetime)}`;
  const level = NIST.find(([, { idle, maxAge }]) => lifetime.idle <= idle && lifetime.maxAge <= maxAge)?.[0];
  if (level) return { level: 'ok', what: `${what}: NIST's level ${level} (SP 800-63B-4).` };
  return {
    level: lifetime.idle === Infinity ? 'warning' : 'notice',
    what: `${what}, which is longer than NIST's first level allows (30 days in all, SP 800-63B-4).`,
    todo: 'See whether your app needs that: the option expiry takes nistAal1, nistAal2, nistAal3 or your own. "npx parse-server-sessions preview" counts whom a shorter one would end.',
  };
}

/** How long sessions live by Parse Server's own rule. */
function lifetimeByServer({
  sessionLength = SESSION_LENGTH,
  expireInactiveSessions = true,
  extendSessionOnUse,
}: Patient['config']): Lifetime {
  // Parse Server has its default only where the option is left out.
  if (!expireInactiveSessions) return { idle: Infinity, maxAge: Infinity };
  const length = sessionLength * 1000;
  return { idle: length, maxAge: extendSessionOnUse ? Infinity : length };
}

function told({ idle, maxAge }: Lifetime): string {
  const parts = [
    ...(idle < maxAge ? [`${ms(idle, { long: true })} after their last use`] : []),
    ...(maxAge < Infinity ? [`${ms(maxAge, { long: true })} after their log-in`] : []),
  ];
  return parts.length > 0 ? `end ${parts.join(', or ')}` : 'never end by themselves';
}
