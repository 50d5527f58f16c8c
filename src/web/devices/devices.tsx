import { useRef, useState } from 'preact/hooks';
import { isInvalidSessionError, refusalOf, type ClientSession, type SessionsClient } from '../../client';
import { labelOf } from '../shared/describe';
import { codeOf, failureOf, OBJECT_NOT_FOUND } from '../shared/errors';
import { Heading } from '../shared/heading';
import { Problem } from '../shared/problem';
import { Ask, type Question } from '../shared/question';
import { Device, type DeviceActions } from './device';
import { Ended } from './ended';
import { gathered } from './gathered';
import { isGuest, Parse } from './parse';
import type { DevicesSettings } from './settings';
import { NewToken } from './token';
import { useSessions } from './use-sessions';
import { useDevicesPage } from './use-words';

/** Where the user is signed in. */
export function Devices({ client, settings }: { client: SessionsClient; settings: DevicesSettings }) {
  const { words, tell } = useDevicesPage();
  const { loaded, error, reload } = useSessions(client);
  const [question, setQuestion] = useState<Question | null>(null);
  const [makesToken, setMakesToken] = useState(false);
  const section = useRef<HTMLElement>(null);

  /** Does what changes sessions, shows what is left, and tells of it. @returns whether it worked. */
  async function act(work: () => Promise<string>): Promise<boolean> {
    const [text, kind] = await work().then(
      done => [done, 'done'] as const,
      failure => [inWords(failure), 'failed'] as const,
    );
    await reload();
    tell(text, kind);
    return kind === 'done';
  }

  function inWords(failure: unknown): string {
    if (isInvalidSessionError(failure)) return words.overAlready;
    if (refusalOf(failure) === 'stale') return isGuest() ? words.guestStale : words.notConfirmed;
    return failureOf(failure, words);
  }

  /** The keyboard goes on where the device was: at the one after it, else at the last one, else at the heading. */
  function focusAt(index: number) {
    const buttons = section.current?.querySelectorAll<HTMLElement>('.others > li > .sign-out') ?? [];
    (buttons[Math.min(index, buttons.length - 1)] ?? section.current?.querySelector('h2'))?.focus();
  }

  function signOut(sessions: readonly ClientSession[]) {
    const [first] = sessions as [ClientSession];
    const device = labelOf(first, words);
    const count = sessions.length;
    if (first.current)
      return setQuestion({
        heading: words.signOutHere,
        body: isGuest() ? words.signOutGuestBody : words.signOutHereBody,
        answer: words.signOut,
        act: () => leave(() => client.revoke(first)),
      });
    const index = groups.findIndex(group => group.includes(first));
    setQuestion({
      heading: count > 1 ? words.signOutGroup({ device, count }) : words.signOutDevice({ device }),
      body: first.restricted ? words.signOutTokenBody({ device }) : words.signOutDeviceBody({ device }),
      answer: words.signOut,
      act: async () => {
        await act(async () => {
          const wereThere = [];
          for (const session of sessions) wereThere.push(await isSignedOut(session));
          if (count > 1) return words.signedOutGroup({ device, count });
          return wereThere[0] ? words.signedOutDevice({ device }) : words.signedOutAlready({ device });
        });
        // Once the dialog has given the focus back to a button that may be gone.
        setTimeout(() => focusAt(index));
      },
    });
  }

  /** @returns false for a session that was over already. */
  async function isSignedOut(session: ClientSession): Promise<boolean> {
    try {
      await client.revoke(session);
      return true;
    } catch (failure) {
      if (codeOf(failure) === OBJECT_NOT_FOUND) return false;
      throw failure;
    }
  }

  /** Ends this session. The page then goes back to where the user signs in, also where it was over already. */
  async function leave(work: () => Promise<unknown>) {
    await work().catch(failure => tell(inWords(failure), 'failed'));
  }

  const actions: DeviceActions = {
    signOut,
    rename: (session, name) =>
      act(async () => {
        await client.rename(session, name);
        return words.renamed({ device: name });
      }),
  };

  const heading = settings.title ?? words.heading;
  if (!loaded) {
    return (
      <>
        <Heading>{heading}</Heading>
        {error ? <Problem error={error} onRetry={() => void reload()} /> : <Loading />}
      </>
    );
  }
  const current = loaded.sessions.filter(session => session.current);
  const rest = loaded.sessions.filter(session => !session.current);
  const groups = gathered(rest);
  const given = current[0]?.restricted ? undefined : actions;
  return (
    <>
      <Heading>{heading}</Heading>
      <p>
        <Who /> {words.introduction}
      </p>
      {error !== null && <Problem error={error} onRetry={() => void reload()} />}
      <section aria-labelledby="this">
        <h2 id="this">{words.thisDevice}</h2>
        <ul class="devices">
          {current.map(session => (
            <Device key={session.objectId} sessions={[session]} actions={given} />
          ))}
        </ul>
        {!given && <p>{words.limitedHere}</p>}
      </section>
      <section aria-labelledby="others" ref={section}>
        <h2 id="others" tabIndex={-1}>
          {words.otherDevices}
        </h2>
        {rest.length === 0 && <p class="empty">{words.noOthers}</p>}
        {given && (
          <div class="buttons start">
            {rest.length > 0 && (
              <button
                type="button"
                onClick={() =>
                  setQuestion({
                    heading: words.signOutOthers,
                    body: words.signOutOthersBody({ count: rest.length }),
                    answer: words.signOutOthers,
                    act: async () => {
                      await act(async () => {
                        await client.revokeOthers();
                        // Not what the server says: it counts those that have expired as well, which nobody sees here.
                        return words.signedOutOthers({ count: rest.length });
                      });
                      setTimeout(() => focusAt(0));
                    },
                  })
                }
              >
                {words.signOutOthers}
              </button>
            )}
            <button
              type="button"
              class="danger"
              onClick={() =>
                setQuestion({
                  heading: words.signOutAll,
                  body: isGuest() ? words.signOutGuestBody : words.signOutAllBody,
                  answer: words.signOutAll,
                  act: () => leave(() => client.revokeAll()),
                })
              }
            >
              {words.signOutAll}
            </button>
          </div>
        )}
        <ul class="devices others">
          {groups.map(sessions => (
            <Device key={sessions[0]!.objectId} sessions={sessions} actions={given} />
          ))}
        </ul>
      </section>
      {given && (
        <section aria-labelledby="adding">
          <h2 id="adding">{words.pairHeading}</h2>
          <div class="buttons start">
            {settings.pairs && (
              <a class="button" href="pair">
                {words.pair}
              </a>
            )}
            <button type="button" onClick={() => setMakesToken(true)}>
              {words.newToken}
            </button>
          </div>
        </section>
      )}
      {loaded.ended && <Ended sessions={loaded.ended} />}
      {question && <Ask question={question} onClose={() => setQuestion(null)} />}
      {makesToken && (
        <NewToken
          client={client}
          scopes={settings.scopes}
          onClose={hasMade => {
            setMakesToken(false);
            if (hasMade) void reload();
          }}
        />
      )}
    </>
  );
}

/** As whom the user is signed in. The name of a guest is a random text. */
function Who() {
  const { words } = useDevicesPage();
  if (isGuest()) return <>{words.guest}</>;
  return (
    <>
      {words.signedInAs} <bdi>{Parse.User.current()?.getUsername()}</bdi>.
    </>
  );
}

function Loading() {
  const { words } = useDevicesPage();
  return (
    <>
      <p role="status">{words.loading}</p>
      <div class="card placeholder" aria-hidden="true" />
      <div class="card placeholder" aria-hidden="true" />
    </>
  );
}
