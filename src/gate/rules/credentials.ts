import { enforce } from '../../enforce';
import { invalidSessionError } from '../../errors';
import {
  asksForCredentials,
  hasCredentials,
  hideCredentials,
  mayAskForCredentials,
  mayAskUsers,
} from '../../policy/credentials';
import type { Row } from '../../parse-server';
import type { Rule } from '../rule';
import type { Visit } from '../visit';

/** Hides from a restricted session the credentials that would log it in as an unrestricted one. */
export const credentialsRule: Rule = {
  covers: className => className === '_User',

  async find(access, proceed) {
    const { visit, byClient } = access;
    if (visit.caller.kind === 'master') {
      if (visit.isReadOnly) enforce(mayAskUsers(access.query ?? {}, access.options));
      return proceed();
    }
    const asks = asksForCredentials(access.query ?? {}, access.options);
    if (asks && byClient) {
      const session = await sessionOf(visit);
      if (session) enforce(mayAskForCredentials(session));
      else if (visit.caller.kind === 'unknown') throw invalidSessionError();
    }
    const rows = (await proceed()) as Row[] | number;
    // A query for credentials keeps its rows whole: a client's was judged above, and Parse Server's own logs
    // somebody in. Where no row holds credentials, it does not matter who asks.
    if (asks || !Array.isArray(rows) || !rows.some(hasCredentials)) return rows;
    const isHidden = byClient && visit.caller.kind === 'unknown';
    if (isHidden || (await sessionOf(visit))?.restricted) rows.forEach(hideCredentials);
    return rows;
  },
};

const sessionOf = (visit: Visit) => (visit.caller.kind === 'session' ? visit.ownSession() : undefined);
