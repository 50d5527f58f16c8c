import type { Seen } from './finding';
import type { Patient } from './patient';

export function resets({ config }: Patient): Seen {
  if (config.revokeSessionOnPasswordReset !== false) {
    return { level: 'ok', what: 'A new password ends the sessions of its user.' };
  }
  return {
    level: 'warning',
    what: 'revokeSessionOnPasswordReset is false: whoever has stolen a session keeps it when its user changes his password.',
    todo: 'Leave that option of Parse Server out, or set it to true.',
  };
}
