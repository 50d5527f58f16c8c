import { docs } from '../docs';
import { BY_MASTER } from '../history/ender';
import { registrationOf, type Composer } from '../parse-cloud';
import type { FunctionRequest } from '../parse-server';
import type { Connection } from '../sessions/connection';
import { givenParams } from './params';

/** Answers the result, which is shown as JSON. @param tell shows how far it is. */
export type Job = (
  params: Record<string, unknown>,
  tell: (text: string) => Promise<unknown>,
) => Promise<unknown>;

/**
 * Registers this package's jobs (`POST /jobs/…`). Their message shows the progress, and in the end the result as JSON.
 * @returns a composer that refuses a job of the app under one of their names.
 */
export function registerJobs(
  { Parse, database }: Pick<Connection, 'Parse' | 'database'>,
  prefix: string,
  jobs: Record<string, Job>,
): Composer {
  const own = new Set(Object.keys(jobs).map(name => prefix + name));
  for (const [name, run] of Object.entries(jobs)) {
    registrationOf(Parse, 'job')(prefix + name, async ({ params, jobId }: FunctionRequest) => {
      const given = givenParams(params);
      // A `POST /jobs` names the job among its parameters.
      if (given.jobName === prefix + name) delete given.jobName;
      // What cannot be shown of the progress stops no work. After a write by Parse Server's `message` that has failed,
      // the end of the job could not be written either (`KeyPromiseQueue.js` of 9.10.0).
      const tell = (message: string) =>
        database.update('_JobStatus', { objectId: jobId }, { message }).catch(() => undefined);
      return JSON.stringify(await run(given, tell));
    });
  }
  return (register, name, job) => {
    if (!own.has(name)) return register(name, job);
    throw new Error(
      `The job "${name}" is parse-server-sessions' own. Rename the app's, or set functionPrefix. ` +
        `See ${docs('errors', 'name-taken')}`,
    );
  };
}

/** The jobs that work on many sessions. */
export const sessionJobs = ({
  purge,
  revokeWhere,
}: Pick<Connection, 'purge' | 'revokeWhere'>): Record<string, Job> => ({
  purgeExpiredSessions: (params, tell) => purge(params, tell),

  revokeSessionsWhere({ dryRun = false, note, ...filter }, tell) {
    return revokeWhere(filter, { dryRun, ...(note !== undefined && { note }) }, BY_MASTER, tell);
  },
});
