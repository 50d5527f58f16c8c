import './admin.css';
import { render } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { setLanguage } from '../shared/language';
import { readSettings } from '../shared/settings';
import { Shell } from '../shared/shell';
import { wordsFor } from '../shared/words';
import { DoctorView } from './doctor';
import { OverviewView } from './overview';
import { PurgeView } from './purge';
import { addressOf, useRoute } from './route';
import { SearchView } from './search';
import type { Server } from './server';
import { shown } from './shown';
import { SignOutView } from './sign-out';
import { Unlock } from './unlock';
import { OperatorContext, type Operator } from './use-admin';
import { useForgetting } from './use-forgetting';
import { UserView } from './user';
import { de } from './words-de';
import { en } from './words-en';

const settings = readSettings();
const spoken = wordsFor({ en, de }, navigator.languages, settings.languages);
const { words } = spoken;
setLanguage(spoken.language);
const title = settings.title ?? words.heading;

const LOOKING = ['overview', 'doctor', 'search'] as const;
const CHANGING = ['sign-out', 'purge'] as const;

function App() {
  /** With the key in it, and nowhere else: it is gone with the page. */
  const [operator, setOperator] = useState<Operator | null>(null);
  const [notice, setNotice] = useState<string | null>(null);
  /** How often it was locked. Each time the form begins anew: nothing that was typed stays. */
  const [locks, setLocks] = useState(0);
  const connected = useRef<Server | null>(null);
  const lock = useCallback((why: string | null) => {
    connected.current?.close();
    setOperator(null);
    setNotice(why);
    setLocks(before => before + 1);
  }, []);
  const forget = useCallback(() => lock(operator && words.forgotten), [lock, operator]);
  useForgetting(forget);
  useEffect(() => {
    // Browsers may keep a page that was left, for the way back.
    const leave = () => lock(null);
    const comeBack = ({ persisted }: PageTransitionEvent) => persisted && location.reload();
    window.addEventListener('pagehide', leave);
    window.addEventListener('pageshow', comeBack);
    return () => {
      window.removeEventListener('pagehide', leave);
      window.removeEventListener('pageshow', comeBack);
    };
  }, [lock]);
  const route = useRoute();
  const viewName = route.view === 'user' ? shown(route.userId) : words[`view.${route.view}`];
  document.title = operator ? `${viewName} – ${title}` : title;

  if (!operator) {
    return (
      <Shell spoken={spoken}>
        <Unlock
          key={locks}
          settings={settings}
          notice={notice}
          onConnected={server => (connected.current = server)}
          onUnlocked={unlocked => {
            setNotice(null);
            setOperator(unlocked);
          }}
          onLocked={lock}
        />
      </Shell>
    );
  }

  const content = () => {
    if (route.view === 'search') return <SearchView params={route.params} />;
    if (route.view === 'doctor') return <DoctorView />;
    if (route.view === 'user') return <UserView key={route.userId} userId={route.userId} />;
    if (operator.isReadOnly && CHANGING.some(view => view === route.view)) return null;
    if (route.view === 'sign-out') return <SignOutView />;
    if (route.view === 'purge') return <PurgeView />;
    return <OverviewView days={route.params.get('days')} />;
  };
  const views = operator.isReadOnly ? LOOKING : [...LOOKING, ...CHANGING];
  return (
    <OperatorContext.Provider value={operator}>
      <Shell
        spoken={spoken}
        header={
          <header class="top">
            <strong>{title}</strong>
            <nav aria-label={words.views}>
              {views.map(view => (
                <a key={view} href={addressOf(view)} aria-current={route.view === view ? 'page' : undefined}>
                  {words[`view.${view}`]}
                </a>
              ))}
            </nav>
            <button type="button" onClick={() => lock(null)}>
              {words.lock}
            </button>
          </header>
        }
      >
        {operator.isReadOnly && <p class="badge read-only">{words.readOnly}</p>}
        {content()}
      </Shell>
    </OperatorContext.Provider>
  );
}

render(<App />, document.body);
