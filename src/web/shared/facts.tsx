import type { ComponentChildren } from 'preact';
import type { ClientSession } from '../../client';
import { usePage } from './context';
import { howOf, scopeWords } from './describe';
import { When } from './when';

interface FactProps {
  name: string;
  /** Whether it takes the place of two. */
  isWide?: boolean;
  children: ComponentChildren;
}

export const Fact = ({ name, isWide = false, children }: FactProps) => (
  <div class={isWide ? 'wide' : undefined}>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

/** The place of an address. Nobody should take it for more than it is. */
export function Place({ place }: { place: string }) {
  const { words } = usePage();
  return (
    <>
      <bdi>{place}</bdi> <small>({words.approximate})</small>
    </>
  );
}

/** What is known of a session. */
export function Facts({ session }: { session: ClientSession }) {
  const { words } = usePage();
  const { lastAccessedAt, place, ip, createdAt, expiresAt } = session;
  const how = howOf(session, words);
  return (
    <dl>
      <Fact name={words.lastActive}>{lastAccessedAt ? <When date={lastAccessedAt} /> : words.notUsed}</Fact>
      <Fact name={words.signedIn}>
        <When date={createdAt} />
      </Fact>
      {place && (
        <Fact name={words.place} isWide>
          <Place place={place} />
        </Fact>
      )}
      {ip && (
        <Fact name={words.address} isWide={ip.includes(':')}>
          <bdi>{ip}</bdi>
        </Fact>
      )}
      <Fact name={words.expires}>{expiresAt ? <When date={expiresAt} /> : words.never}</Fact>
      {how && (
        <Fact name={words.how}>
          <bdi>{how}</bdi>
        </Fact>
      )}
    </dl>
  );
}

/** That a session may do less than its user, and what. */
export function Limits({ session: { restricted, scopes } }: { session: ClientSession }) {
  const { words } = usePage();
  if (!restricted) return null;
  const may = scopes?.map(scope => scopeWords(scope, words));
  return (
    <p class="limits">
      <span class="badge">{words.limited}</span>{' '}
      {may ? (
        <>
          {words.limitedTo} <bdi>{may.join(', ')}</bdi>
        </>
      ) : (
        words.limitedToAll
      )}
    </p>
  );
}
