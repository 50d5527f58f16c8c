import { useCallback, useEffect, useState } from 'preact/hooks';
import { installSessionHandler, isInvalidSessionError, type ClientSession } from '../../src/client';
import { Account } from './account';
import { client, Parse, settings } from './parse';
import { SensorStep, SignOutStep } from './sensor';
import { useLog } from './step';
import { Television } from './television';
import { useDevice } from './use-device';
import { labelOf, whyEnded } from './words';

export function App() {
  // The SDK keeps him in the browser's storage.
  const [user, setUser] = useState(() => Parse.User.current() ?? null);
  const [sessions, setSessions] = useState<ClientSession[] | null>(null);
  const sensor = useDevice();
  const log = useLog();

  const refresh = useCallback(async () => {
    if (!Parse.User.current()) return;
    try {
      setSessions(await client.list());
    } catch (error) {
      // Of a session that is over the handler tells.
      if (!isInvalidSessionError(error)) log.say('listSessions', (error as Error).message, true);
    }
  }, []);

  useEffect(() => {
    // Called once, whichever request finds that this device was signed out, and wherever that was done.
    const uninstall = installSessionHandler(Parse, {
      onInvalidSession: (_error, { ended }) => {
        setUser(Parse.User.current() ?? null);
        setSessions(null);
        log.say('You are signed out.', whyEnded(ended), true);
        // Another tab may have signed somebody else in.
        void refresh();
      },
    });
    void refresh();
    // In another tab he may have signed something in or out.
    addEventListener('focus', refresh);
    return () => {
      removeEventListener('focus', refresh);
      uninstall();
    };
  }, []);

  const signOut = async (session: ClientSession) => {
    await client.revoke(session);
    await refresh();
    return `${labelOf(session)} is signed out, at once`;
  };

  return (
    <main>
      <h1>Sessions that their users can see and end</h1>
      <p>
        Behind this page runs a Parse Server with <code>parse-server-sessions</code>. Four steps show what
        that adds. Below each stands what the server says.
      </p>
      <Account
        user={user}
        sessions={sessions}
        log={log}
        onSignedUp={fresh => {
          setUser(fresh);
          return refresh();
        }}
        signOut={signOut}
      />
      <SensorStep user={user} sensor={sensor} onMade={refresh} />
      <Television user={user} onPaired={refresh} />
      <SignOutStep sessions={sessions} sensor={sensor} signOut={signOut} />
      <footer>
        <h2>Go on</h2>
        <ul>
          <li>
            <a href={settings.devicesPage} target="_blank">
              Where you are signed in
            </a>
            : the page that the package brings for your users.
          </li>
          <li>
            <a href={settings.adminPage} target="_blank">
              All sessions
            </a>
            : the page for you. The master key is in the terminal.
          </li>
          <li>
            <a href={settings.readme} target="_blank">
              README
            </a>
            : how to put all this into your own app.
          </li>
          <li>
            <code>demo/page/</code>: the code of this page, to copy from.
          </li>
        </ul>
      </footer>
    </main>
  );
}
