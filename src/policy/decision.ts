/** What a policy answers. Policies do not throw: whoever asks one turns a refusal into an error. */
export type Decision = { allow: true } | { allow: false; code: number; reason: string };

export const ALLOW: Decision = { allow: true };
export const refuse = (code: number, reason: string): Decision => ({ allow: false, code, reason });
