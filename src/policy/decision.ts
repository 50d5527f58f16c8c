/** What a policy answers. Policies never throw: their callers turn a refusal into an error. */
export type Decision = { allow: true } | Refusal;

export interface Refusal {
  allow: false;
  code: number;
  /** What the client is told. */
  reason: string;
  /** The login of the session is too long ago: it may be fresh by now. */
  stale?: true;
}

export const ALLOW: Decision = { allow: true };
export const refuse = (code: number, reason: string): Refusal => ({ allow: false, code, reason });
