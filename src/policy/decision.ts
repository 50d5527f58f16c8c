/** What a policy answers. Policies never throw: their callers turn a refusal into an error. */
export type Decision = { allow: true } | Refusal;

/**
 * Why a session is refused something: it is restricted, its scopes do not name it, its login is too long ago, or its user
 * has as many sessions as he may.
 */
export const REFUSED = ['restricted', 'scope', 'stale', 'limit'] as const;
export type Refused = (typeof REFUSED)[number];

export interface Refusal {
  allow: false;
  code: number;
  /** What the client is told. */
  reason: string;
  /** Why, where the session is: it may be fresh, and so not `stale`, by now. */
  because?: Refused;
}

export const ALLOW: Decision = { allow: true };
export const refuse = (code: number, reason: string, because?: Refused): Refusal => ({
  allow: false,
  code,
  reason,
  ...(because && { because }),
});
