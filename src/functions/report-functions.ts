import { forgetDevices } from '../events/known-devices';
import { BY_SERVER } from '../history/ender';
import { readParams } from '../params';
import type { FunctionRequest } from '../parse-server';
import { reportOf, type Report } from '../report/report-link';
import type { Connection } from '../sessions/connection';
import { deletedBy, destroyById } from '../sessions/endings';
import { refuseReadOnly } from './function-callers';
import { PARAMS } from './params';
import type { CloudFunction } from './session-functions';

/** What came of a report. */
export interface Reported {
  revoked: 0 | 1;
  /** Where it was asked for: whether Parse Server has been told to send the mail by which the user chooses a new password. */
  passwordReset?: boolean;
}

/** The cloud function behind the link of a mail about a new device. */
export function reportFunctions(connection: Connection, now: () => Date) {
  const { Parse, database, events } = connection;

  /** @returns whether this report has ended the session: of two at the same time one has. */
  async function revoke({ row, deviceIds }: Report): Promise<boolean> {
    const cause = { ending: 'reported', by: BY_SERVER } as const;
    const answer = await connection.endings.end([row], cause, destroyById([row], database));
    if (deletedBy(answer) === 0) return false;
    await forgetDevices(deviceIds, database);
    return true;
  }

  /** @returns whether Parse Server has taken it on. The session is over in any case. */
  async function resetPassword(userId: string): Promise<boolean> {
    const [user] = await database.find('_User', { objectId: userId }, { limit: 1 });
    if (typeof user?.email !== 'string') return false;
    try {
      await Parse.User.requestPasswordReset(user.email);
      return true;
    } catch (error) {
      events.report(
        `a reported session’s user was sent no mail to reset his password: ${(error as Error).message}`,
      );
      return false;
    }
  }

  return {
    /** Whoever has the link needs no session. It can end that session, and nothing else. */
    async reportSession(request: FunctionRequest): Promise<Reported> {
      refuseReadOnly(request);
      const { token, resetPassword: resets } = readParams(PARAMS.report, request.params);
      const report = await reportOf(token, database, now());
      const isRevoked = report !== undefined && (await revoke(report));
      const revoked = isRevoked ? 1 : 0;
      if (!resets) return { revoked };
      const userId = isRevoked ? report.userId : null;
      return { revoked, passwordReset: userId !== null && (await resetPassword(userId)) };
    },
  } satisfies Record<string, CloudFunction>;
}
