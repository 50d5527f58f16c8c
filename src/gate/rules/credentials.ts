import { enforce } from '../../enforce';
import { invalidSessionError } from '../../errors';
import {
  asksForCredentials,
  hasCredentials,
  hideCredentials,
  mayAskForCredentials,
} from '../../policy/credentials';
import type { Row } from '../../parse-server';
import type { Rule } from '../rule';
import type { Visit } from '../visit';

/** Keeps from a restricted session what would log it in as an unrestricted one. */
export const credentialsRule: Rule = {
  covers: ({ className, visit }) => className === '_User' && visit.caller.kind !== 'master',

  async find(access, proceed) {
    const { visit, byClient } = access;
    const asks = asksForCredentials(access.query ?? {}, access.options);
    if (asks && byClient) {
      const session = await sessionOf(visit);
      if (session) enforce(mayAskForCredentials(session));
      else if (visit.caller.kind === 'unknown') throw invalidSessionError();
    }
    const rows = (await proceed()) as Row[] | number;
    // Parse Server looks for them itself to log somebody in. And no other request has to know who is asking.
    if (asks || !Array.isArray(rows) || !rows.some(hasCredentials)) return rows;
    const isHidden = byClient && visit.caller.kind === 'unknown';
    if (isHidden || (await sessionOf(visit))?.restricted) rows.forEach(hideCredentials);
    return rows;
  },
};

const sessionOf = (visit: Visit) => (visit.caller.kind === 'session' ? visit.ownSession() : undefined);
