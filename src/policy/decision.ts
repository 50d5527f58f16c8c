/** What a policy answers. Policies never throw: their callers turn a refusal into an error. */
export type Decision = { allow: true } | { allow: false; code: number; reason: string };

export const ALLOW: Decision = { allow: true };
export const refuse = (code: number, reason: string): Decision => ({ allow: false, code, reason });
