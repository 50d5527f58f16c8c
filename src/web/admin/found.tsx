import type { ComponentChildren } from 'preact';
import { When } from '../shared/when';
import { userAddress } from './route';
import type { FoundSession } from './server';
import { Expired, SessionCard } from './session-card';
import { deviceOf, shown } from './shown';
import { useAdminPage } from './use-admin';
import { useMedia } from './use-media';

/** Where a table has room. */
const WIDE = '(min-width: 64rem)';

export const SORTS = ['lastAccessedAt', 'createdAt', 'expiresAt'] as const;
type Sort = (typeof SORTS)[number];
export type Order = 'desc' | 'asc';

interface FoundProps {
  sessions: readonly FoundSession[];
  sort: Sort;
  order: Order;
  onSort(sort: Sort, order: Order): void;
  /** Absent where the operator may look only. */
  onSignOut?(session: FoundSession, user: string, index: number): void;
}

/** What was found: a table where there is room for one, else cards. */
export function FoundSessions({ onSignOut, ...found }: FoundProps) {
  const { words } = useAdminPage();
  const isWide = useMedia(WIDE);
  const button = (session: FoundSession, index: number) => {
    const user = shown(session.username ?? session.userId ?? words.nobody);
    if (!onSignOut) return null;
    return (
      <button
        type="button"
        class="sign-out"
        aria-label={words.signOutOne({ device: deviceOf(session, words), user })}
        onClick={() => onSignOut(session, user, index)}
      >
        {words.signOut}
      </button>
    );
  };
  if (isWide) return <FoundTable {...found} button={button} />;
  return (
    <ul class="sessions">
      {found.sessions.map((session, index) => (
        <SessionCard key={session.objectId} session={session} user={<Owner session={session} />}>
          {button(session, index)}
        </SessionCard>
      ))}
    </ul>
  );
}

interface FoundTableProps extends Omit<FoundProps, 'onSignOut'> {
  button(session: FoundSession, index: number): ComponentChildren;
}

function FoundTable({ sessions, sort, order, onSort, button }: FoundTableProps) {
  const { words } = useAdminPage();
  return (
    <table class="found">
      <caption class="unseen">{words.sessions}</caption>
      <thead>
        <tr>
          <th scope="col">{words.user}</th>
          <th scope="col">{words.device}</th>
          <th scope="col">{words.address}</th>
          {SORTS.map(column => {
            const isSorted = column === sort;
            const turned = order === 'desc' ? 'asc' : 'desc';
            return (
              <th
                key={column}
                scope="col"
                aria-sort={isSorted ? (order === 'desc' ? 'descending' : 'ascending') : 'none'}
              >
                <button
                  type="button"
                  class="quiet"
                  onClick={() => onSort(column, isSorted ? turned : 'desc')}
                >
                  {words[`sort.${column}`]}
                  {isSorted && <span aria-hidden="true">{order === 'desc' ? '↓' : '↑'}</span>}
                </button>
              </th>
            );
          })}
          <td />
        </tr>
      </thead>
      <tbody>
        {sessions.map((session, index) => (
          <tr key={session.objectId} tabIndex={-1}>
            <td>
              <Owner session={session} />
            </td>
            <td>
              <bdi>{deviceOf(session, words)}</bdi>{' '}
              {session.restricted && <span class="badge">{words.limited}</span>}
            </td>
            <td>
              <bdi>{session.ip ?? '–'}</bdi>
              {session.place && (
                <p class="kind">
                  <bdi>{session.place}</bdi>
                </p>
              )}
            </td>
            <td>{session.lastAccessedAt ? <When date={session.lastAccessedAt} /> : words.notUsed}</td>
            <td>
              <When date={session.createdAt} />
            </td>
            <td>
              {session.expiresAt ? <When date={session.expiresAt} /> : words.never}{' '}
              <Expired session={session} />
            </td>
            <td>{button(session, index)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Whose a session is. */
function Owner({ session: { userId, username } }: { session: FoundSession }) {
  const { words } = useAdminPage();
  if (!userId) return <>{words.nobody}</>;
  return (
    <a href={userAddress(userId)}>
      <bdi>{shown(username ?? userId)}</bdi>
    </a>
  );
}
