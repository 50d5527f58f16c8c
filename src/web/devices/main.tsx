import './devices.css';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { installSessionHandler, sessionsClient, type EndedSession } from '../../client';
import { setLanguage } from '../shared/language';
import { readSettings } from '../shared/settings';
import { Shell } from '../shared/shell';
import { wordsFor } from '../shared/words';
import { Confirm } from './confirm';
import { Devices } from './devices';
import { goToLogIn, loginAddress, wasSent } from './login-address';
import { Pair } from './pair';
import { isGuest, Parse } from './parse';
import { reasonOf } from './reason';
import { Report } from './report';
import type { DevicesSettings } from './settings';
import { SignedOut } from './signed-out';
import { SignIn } from './sign-in';
import { de } from './words-de';
import { en } from './words-en';

const settings = readSettings<DevicesSettings>();
const { functionPrefix, loginPath, pairs } = settings;
const spoken = wordsFor({ en, de }, navigator.languages, settings.languages);
const { words } = spoken;
setLanguage(spoken.language);

/** What the address asks for: the server serves no other. */
const view = location.pathname.split('/').at(-1);
const headings: Record<string, string> = { pair: words.pairHeading, report: words.reportHeading };
document.title = settings.title ?? headings[view ?? ''] ?? words.heading;

Parse.initialize(settings.appId, undefined as never);
Parse.serverURL = settings.serverURL;
const client = sessionsClient(Parse, { functionPrefix });

/** Why this page's session is over. */
function noticeOf(ended: EndedSession | null): string {
  if (!ended) return words['here.expired'];
  if (ended.reason === 'revoked' && ended.by.kind === 'self') return words.youSignedOut;
  return words[`here.${reasonOf(ended)}`] ?? ended.reason;
}

/** Set once the page is there; the handler asks through them. */
const app = {
  onOver: (_notice: string) => {},
  confirmIdentity: async () => false,
};
installSessionHandler(Parse, {
  functionPrefix,
  onInvalidSession: (_error, { ended }) => app.onOver(noticeOf(ended)),
  confirmIdentity: () => app.confirmIdentity(),
});

function App() {
  const [user, setUser] = useState(() => Parse.User.current() ?? null);
  const [notice, setNotice] = useState<string | null>(null);
  const [signIns, setSignIns] = useState(0);
  const [confirming, setConfirming] = useState<((confirmed: boolean) => void) | null>(null);
  const isElsewhere = loginPath !== null && view !== 'report' && !user;

  useEffect(() => {
    app.onOver = text => {
      setConfirming(null);
      setNotice(text);
      setUser(null);
    };
    // A guest has nothing to prove himself by.
    app.confirmIdentity = async () =>
      !isGuest() && new Promise<boolean>(resolve => setConfirming(() => resolve));
  }, []);
  // Once only: a log-in page that takes him for signed in sends him back at once.
  const leaves = isElsewhere && notice === null && !wasSent;
  useEffect(() => {
    if (leaves) goToLogIn(loginAddress(loginPath)!);
  }, [leaves]);

  const onSignedIn = () => {
    setSignIns(before => before + 1);
    setUser(Parse.User.current() ?? null);
  };
  const content = () => {
    if (view === 'report') return <Report functionPrefix={functionPrefix} />;
    if (leaves) return null;
    if (isElsewhere) return <SignedOut notice={notice} loginAddress={loginAddress(loginPath)!} />;
    if (!user) return <SignIn notice={notice} onSignedIn={onSignedIn} />;
    if (view !== 'pair') return <Devices key={user.id} client={client} settings={settings} />;
    return pairs ? <Pair client={client} /> : <p class="card narrow">{words.noPairing}</p>;
  };

  return (
    // Whoever signs in is not told what came of another user's actions.
    <Shell key={signIns} spoken={spoken}>
      {content()}
      {confirming && (
        <Confirm
          client={client}
          loginAddress={loginAddress(loginPath)}
          onDone={confirmed => {
            confirming(confirmed);
            setConfirming(null);
          }}
        />
      )}
    </Shell>
  );
}

// Another link was followed in this tab: a second report, say. The page begins anew with it.
window.addEventListener('hashchange', () => location.reload());
// Browsers may keep a page that was left, and show it on the way back as it was: a token, too, that is to be seen once.
window.addEventListener('pageshow', ({ persisted }) => persisted && location.reload());

render(<App />, document.body);
