import type { ClientSession } from '../../src/client';
import type { Log } from './step';
import { ago, labelOf } from './words';

/** Answers what to tell the user. */
export type SignOut = (session: ClientSession) => Promise<string>;

interface SessionListProps {
  sessions: readonly ClientSession[];
  log: Log;
  signOut: SignOut;
}

export const SessionList = ({ sessions, log, signOut }: SessionListProps) => (
  <ul class="sessions">
    {sessions.map(session => {
      const { objectId, current, restricted, scopes, createdAt } = session;
      const label = labelOf(session);
      return (
        <li key={objectId}>
          <div>
            <bdi>{label}</bdi> {current && <span class="badge here">This device</span>}
            {restricted && <span class="badge">Limited</span>}
            <small>
              Signed in {ago(createdAt)}
              {scopes && <>, may only {scopes.join(', ')}</>}
            </small>
          </div>
          <button
            type="button"
            aria-label={`Sign out ${label}`}
            onClick={() => log.run('revoke(session)', () => signOut(session))}
          >
            Sign out
          </button>
        </li>
      );
    })}
  </ul>
);
