import ms, { type StringValue } from 'ms';
import type { Lifetime } from '../expiry/policy';
import { nistAal1, nistAal2, nistAal3 } from '../expiry/presets';
import type { Seen } from './finding';
import type { Patient } from './patient';

interface Preset {
  authenticated: { idle?: StringValue; maxAge: StringValue };
}

/** What NIST asks of a level. The first one says nothing of the last use. */
const asked = ({ authenticated: { idle, maxAge } }: Preset): Lifetime => ({
  idle: idle ? ms(idle) : Infinity,
  maxAge: ms(maxAge),
});

/** The levels of NIST, the strictest first. */
const NIST: ReadonlyArray<[level: number, lifetime: Lifetime]> = [
  [3, asked(nistAal3)],
  [2, asked(nistAal2)],
  [1, asked(nistAal1)],
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
