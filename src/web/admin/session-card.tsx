import type { ComponentChildren } from 'preact';
import type { ClientSession } from '../../client';
import { kindOf, kindWord, labelOf } from '../shared/describe';
import { Fact, Facts, Limits } from '../shared/facts';
import { DeviceIcon } from '../shared/icons';
import { useAdminPage } from './use-admin';

interface SessionCardProps {
  session: ClientSession;
  /** Whose it is, where that is not said above. */
  user?: ComponentChildren;
  children: ComponentChildren;
}

/** A session, with all that is known of it. */
export function SessionCard({ session, user, children }: SessionCardProps) {
  const { words } = useAdminPage();
  return (
    <li class="card session" tabIndex={-1}>
      <DeviceIcon kind={kindOf(session.device)} />
      <div class="about">
        <h2>
          <bdi>{labelOf(session, words)}</bdi>
        </h2>
        <p class="kind">
          {kindWord(session.device, words)} <Expired session={session} />
        </p>
        {user && <p>{user}</p>}
        <Limits session={session} />
        <Facts session={session} />
        {session.userAgent && (
          <dl>
            <Fact name={words.userAgent}>
              <bdi>{session.userAgent}</bdi>
            </Fact>
          </dl>
        )}
      </div>
      {children}
    </li>
  );
}

export function Expired({ session: { active } }: { session: ClientSession }) {
  const { words } = useAdminPage();
  return active ? null : <span class="badge">{words.expired}</span>;
}
