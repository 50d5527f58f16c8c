import { parseError } from './errors';
import type { Decision } from './policy/decision';

/** @throws the `Parse.Error` for what a policy has refused. */
export function enforce(decision: Decision): void {
  if (!decision.allow) throw parseError(decision.code, decision.reason);
}
