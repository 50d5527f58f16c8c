import type { ClientEndedSession } from '../../client';
import { kindOf, labelOf } from '../shared/describe';
import { DeviceIcon } from '../shared/icons';
import { When } from '../shared/when';
import { reasonOf } from './reason';
import { useDevicesPage } from './use-words';

/** The sessions that are over, and why. */
export function Ended({ sessions }: { sessions: readonly ClientEndedSession[] }) {
  const { words } = useDevicesPage();
  return (
    <section aria-labelledby="ended">
      <h2 id="ended">{words.recentlyEnded}</h2>
      {sessions.length === 0 && <p class="empty">{words.noneEnded}</p>}
      <ul class="ended">
        {sessions.map(session => (
          <li key={session.objectId}>
            <DeviceIcon kind={kindOf(session.device)} />
            <div>
              <bdi>{labelOf(session, words)}</bdi>
              <p class="kind">
                {words[`reason.${reasonOf(session)}`] ?? session.reason}
                <By {...session.by} />, <When date={session.endedAt} />
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Which other session of the user ended it, if anything is known of that. */
function By({ kind, name, device }: ClientEndedSession['by']) {
  const { words } = useDevicesPage();
  if (kind !== 'session' || (!name && !device)) return null;
  return (
    <>
      {' '}
      (<bdi>{words.endedBy({ device: labelOf({ name, device }, words) })}</bdi>)
    </>
  );
}
