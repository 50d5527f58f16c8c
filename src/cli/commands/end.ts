import type { PurgeResult, RevokeWhereResult } from '../../sessions/connection';
import type { UserData } from '../../user-data/user-data';
import { agree } from '../ask';
import type { Context } from '../context';
import { CommandError, EXIT } from '../failure';
import { json, number, sessions } from '../output';
import { progressBar } from '../progress';
import type { Server } from '../server';
import { requireUser, userOf, type MeantUser } from '../user';

/** Runs a job, and shows how far it is. */
async function run<Result>({ server, output }: Context, name: string, params: object): Promise<Result> {
  const bar = progressBar(output);
  try {
    return await server.runJob<Result>(name, params, message => bar.hear(message));
  } finally {
    bar.stop();
  }
}

interface RevokeOptions {
  user?: string;
  note?: string;
  yes?: true;
  dryRun?: true;
  createdBefore?: string;
  lastAccessedBefore?: string;
  kind?: string;
  authProvider?: string;
  ip?: string;
  all?: true;
}

/** Ends a session, those of a user, or those that a filter means: one of the three. */
export async function revoke(
  context: Context,
  objectId: string | undefined,
  options: RevokeOptions,
): Promise<void> {
  const { user, note, yes, dryRun, ...filter } = options;
  const ways = [objectId, user, Object.keys(filter).length > 0 || undefined].filter(way => way !== undefined);
  if (ways.length !== 1) {
    throw new CommandError(
      'Give the id of a session, --user, or a filter (--kind, --ip, --created-before, --last-accessed-before, ' +
        '--auth-provider, --all): one of them.',
      EXIT.usage,
    );
  }
  const noted = note === undefined ? {} : { note };
  const { server, output } = context;
  const told = (result: { revoked: number }) =>
    output.answer(
      result,
      () => `${number(result.revoked)} ${dryRun ? 'would be signed out.' : 'signed out.'}`,
    );

  if (objectId === undefined && user === undefined) {
    const counted = await run<RevokeWhereResult>(context, 'revokeSessionsWhere', { ...filter, dryRun: true });
    if (dryRun) return told(counted);
    await agree(`This signs out ${sessions(counted.revoked)}.`, yes === true);
    return told(await run<RevokeWhereResult>(context, 'revokeSessionsWhere', { ...filter, ...noted }));
  }
  if (dryRun) throw new CommandError('--dry-run goes with a filter.', EXIT.usage);
  if (objectId !== undefined) {
    await agree('This signs out one session.', yes === true);
    return told(await server.call('revokeSession', { objectId, ...noted }));
  }
  const meant = await userOf(server, user!);
  const { active } = await server.call<{ active: number }>('countSessions', { userId: meant.id });
  requireUser(meant, active > 0);
  await agree(`This signs out ${sessions(active)} of the user ${meant.id}.`, yes === true);
  return told(await server.call('revokeSessions', { userId: meant.id, ...noted }));
}

interface PurgeOptions {
  dryRun?: true;
  olderThan?: string;
  orphans?: true;
  batchSize?: number;
}

/** Deletes expired sessions. */
export async function purge(context: Context, options: PurgeOptions): Promise<void> {
  const result = await run<PurgeResult>(context, 'purgeExpiredSessions', options);
  const { deleted, durationMs } = result;
  context.output.answer(result, () =>
    options.dryRun
      ? `${number(deleted)} would be deleted.`
      : `${number(deleted)} deleted in ${number(Math.round(durationMs / 1000))} s.`,
  );
}

/** What is kept about a user, as JSON. */
export async function exportUser({ server, output }: Context, user: string): Promise<void> {
  const data = await keptOf(server, await userOf(server, user));
  output.answer(data, () => json(data));
}

/** @throws CommandError for nobody of whom nothing is kept. */
async function keptOf(server: Server, meant: MeantUser): Promise<UserData> {
  const data = await server.call<UserData>('sessionExport', { userId: meant.id });
  requireUser(
    meant,
    Object.values(data).some(list => Array.isArray(list) && list.length > 0),
  );
  return data;
}

/** Removes what is kept about a user. */
export async function erase(
  { server, output }: Context,
  user: string,
  { yes }: { yes?: true },
): Promise<void> {
  const meant = await userOf(server, user);
  await keptOf(server, meant);
  await agree(`This removes what is kept about the user ${meant.id}. His sessions go on.`, yes === true);
  const answer = await server.call('sessionErase', { userId: meant.id });
  output.answer(answer, () => 'Erased. His sessions go on.');
}
