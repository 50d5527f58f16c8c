import * as presets from '../../expiry/presets';
import type { NotedEndedSessionView } from '../../history/record';
import type { FoundSessionView } from '../../functions/operator-functions';
import type { ExpiryPreview } from '../../preview/preview';
import type { SessionStats } from '../../overview/stats';
import type { Context } from '../context';
import { CommandError, EXIT } from '../failure';
import { requireUser, userOf } from '../user';
import { minute, number, plain, table } from '../output';

/** How many sessions there are. */
export async function stats({ server, output }: Context): Promise<void> {
  const found = await server.call<SessionStats>('sessionStats');
  output.answer(found, () =>
    table(
      ['sessions', ''],
      Object.entries(found).map(([name, count]) => [name, number(count)]),
      output,
    ),
  );
}

const deviceOf = ({ device, name, restricted }: Pick<FoundSessionView, 'device' | 'name' | 'restricted'>) =>
  (name ?? [device.browser, device.os].filter(Boolean).join(', ')) + (restricted ? ' (restricted)' : '');

/** Sessions, page by page. */
export async function list({ server, output }: Context, options: object): Promise<void> {
  const page = await server.call<{ results: FoundSessionView[]; next: string | null }>(
    'searchSessions',
    options,
  );
  output.answer(page, () => {
    const rows = page.results.map(session => [
      session.objectId,
      session.username ?? session.userId,
      deviceOf(session),
      session.place ?? session.ip,
      minute(session.lastAccessedAt ?? session.createdAt),
      minute(session.expiresAt),
    ]);
    const drawn = table(['id', 'user', 'device', 'where', 'last used (UTC)', 'ends (UTC)'], rows, output);
    return page.next === null ? drawn : `${drawn}\n\nMore: add --after ${plain(page.next)}`;
  });
}

/** Why the sessions of a user ended. */
export async function ended({ server, output }: Context, { user, ...page }: { user: string }): Promise<void> {
  const meant = await userOf(server, user);
  const views = await server.call<NotedEndedSessionView[]>('listEndedSessions', {
    userId: meant.id,
    ...page,
  });
  requireUser(meant, views.length > 0);
  output.answer(views, () => {
    const rows = views.map(session => [
      session.objectId,
      session.reason,
      session.by.name ?? session.by.kind,
      deviceOf(session),
      session.place ?? session.ip,
      minute(session.endedAt),
      session.note,
    ]);
    return table(['id', 'why', 'by', 'device', 'where', 'ended (UTC)', 'note'], rows, output);
  });
}

/** Which policy is meant: a preset, or JSON. */
function policyOf({ preset, expiry }: { preset?: keyof typeof presets; expiry?: string }): object {
  if (preset !== undefined) return presets[preset];
  try {
    return JSON.parse(expiry ?? '') as object;
  } catch {
    throw new CommandError(
      `Give --preset, or --expiry with JSON such as '{"authenticated":{"idle":"30d","maxAge":"90d"}}'.`,
      EXIT.usage,
    );
  }
}

/** How many sessions a policy would end. */
export async function preview(
  { server, output }: Context,
  options: { preset?: keyof typeof presets; expiry?: string },
): Promise<void> {
  const found = await server.call<ExpiryPreview>('sessionPreview', { expiry: policyOf(options) });
  output.answer(found, () => {
    const kinds = Object.entries(found.byKind);
    const drawn = table(
      ['kind', 'sessions', 'would end', 'too old', 'unused'],
      kinds.map(([kind, of]) => [kind, ...[of.sessions, of.ends, of.tooOld, of.unused].map(number)]),
      output,
    );
    const ages = table(
      ['made', ...kinds.map(([kind]) => kind)],
      (kinds[0]?.[1].byAge ?? []).map(({ fromDays }, place) => [
        fromDays === 0 ? 'today' : fromDays === 1 ? 'a day ago or before' : `${fromDays} days ago or before`,
        ...kinds.map(([, { byAge }]) => `${number(byAge[place]!.ends)} of ${number(byAge[place]!.sessions)}`),
      ]),
      output,
    );
    const sum = `${number(found.ends)} of ${number(found.sessions)} sessions would end, after one idle period more.`;
    return `${drawn}\n\n${ages}\n\n${sum}`;
  });
}
