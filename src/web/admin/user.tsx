import { kindOf, labelOf } from '../shared/describe';
import { DeviceIcon } from '../shared/icons';
import { Problem } from '../shared/problem';
import { When } from '../shared/when';
import { failureOf } from './failure';
import { focusAt } from './focus';
import { Heading } from '../shared/heading';
import { Loading } from './loading';
import type { EndedSession } from './server';
import { SessionCard } from './session-card';
import { deviceOf, shown } from './shown';
import { useAdminPage, useOperator } from './use-admin';
import { useLoaded } from '../shared/use-loaded';
import { usePages } from './use-pages';
import { useReasoned } from './use-reasoned';
import { useSignOut } from './use-sign-out';

/** How many ended sessions are loaded at a time. */
const ENDED = 10;

/** As many sessions as the server lists of a user. */
const MAX_LISTED = 1000;

/** A user's sessions, and those of his that are over. */
export function UserView({ userId }: { userId: string }) {
  const { words, tell } = useAdminPage();
  const { server, isReadOnly } = useOperator();
  const sessions = useLoaded(userId, async () => {
    const [username, list] = await Promise.all([server.username(userId), server.sessions(userId)]);
    return { username, list };
  });
  const ended = usePages<EndedSession, number>(
    userId,
    async skip => {
      // One more tells whether there are further ones.
      const results = await server.ended(userId, { limit: ENDED + 1, skip: skip ?? 0 });
      return { results: results.slice(0, ENDED), next: results.length > ENDED ? (skip ?? 0) + ENDED : null };
    },
    failure => tell(failureOf(failure, words), 'failed'),
  );
  const reload = async () => void (await Promise.all([sessions.reload(), ended.reload()]));
  const { signOut, dialog } = useSignOut(async (_session, index) => {
    await reload();
    focusAt(index);
  });
  const all = useReasoned();
  const user = shown(sessions.loaded?.username ?? userId);
  const list = sessions.loaded?.list ?? [];

  const signOutAll = () =>
    all.ask({
      heading: words.signOutAllOf({ user }),
      body: words.signOutAllOfBody({ count: list.length, user }),
      answer: words.signOutAll,
      act: async note => {
        try {
          tell(words.signedOutAllOf({ count: await server.signOutAll(userId, note), user }));
        } catch (error) {
          return tell(failureOf(error, words), 'failed');
        }
        await reload();
        focusAt(0);
      },
    });

  return (
    <>
      <div class="heading">
        <Heading>
          <bdi>{sessions.loaded ? user : words.user}</bdi>
        </Heading>
        {!isReadOnly && list.length > 0 && (
          <button type="button" class="danger" onClick={signOutAll}>
            {words.signOutAll}
          </button>
        )}
      </div>
      <p class="kind">
        {words.userId} <bdi>{userId}</bdi>
      </p>
      {sessions.error !== null && <Problem error={sessions.error} onRetry={() => void sessions.reload()} />}
      {!sessions.loaded && sessions.error === null && <Loading />}
      {sessions.loaded && (
        <section aria-label={words.sessions}>
          {list.length === 0 ? (
            <p class="empty">{words.noSessions}</p>
          ) : (
            <p class="count">
              {list.length < MAX_LISTED
                ? words.found({ count: list.length })
                : words.foundFirst({ count: list.length })}
            </p>
          )}
          <ul class="sessions">
            {list.map((session, index) => (
              <SessionCard key={session.objectId} session={session}>
                {!isReadOnly && (
                  <button
                    type="button"
                    class="sign-out"
                    aria-label={words.signOutOne({ device: deviceOf(session, words), user })}
                    onClick={() => signOut(session, user, index)}
                  >
                    {words.signOut}
                  </button>
                )}
              </SessionCard>
            ))}
          </ul>
        </section>
      )}
      <section aria-labelledby="ended" ref={ended.list} aria-busy={ended.isLoading}>
        <h2 id="ended">{words.endedSessions}</h2>
        {ended.error !== null && <Problem error={ended.error} onRetry={() => void ended.reload()} />}
        {ended.loaded?.results.length === 0 && <p class="empty">{words.noneEnded}</p>}
        <ul class="rows ended">
          {ended.loaded?.results.map(session => (
            <Ended key={session.objectId} {...session} />
          ))}
        </ul>
        {ended.loaded?.next && (
          <div class="buttons start">
            <button
              type="button"
              onClick={() => ended.isLoading || void ended.more()}
              aria-disabled={ended.isLoading}
            >
              {words.more}
            </button>
          </div>
        )}
      </section>
      {dialog}
      {all.dialog}
    </>
  );
}

/** A session that is over: why, by whom, and what an operator has noted. */
function Ended(session: EndedSession) {
  const { words } = useAdminPage();
  const { reason, by, endedAt, note } = session;
  return (
    <li tabIndex={-1}>
      <DeviceIcon kind={kindOf(session.device)} />
      <div>
        <bdi>{labelOf(session, words)}</bdi>
        <p class="kind">
          {words[`ended.${reason}`] ?? reason} ({words[`by.${by.kind}`] ?? by.kind}
          {(by.name || by.device) && (
            <>
              {' '}
              <bdi>{labelOf(by, words)}</bdi>
            </>
          )}
          ), <When date={endedAt} />
        </p>
        {note && (
          <p class="note">
            {words.noted} <bdi>{note}</bdi>
          </p>
        )}
      </div>
    </li>
  );
}
