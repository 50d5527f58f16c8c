import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ClientEndedSession, ClientSession, SessionsClient } from '../../client';

/** How many ended sessions are shown. */
const ENDED = 10;

export interface Loaded {
  sessions: ClientSession[];
  /** `null` where the session may not see them. */
  ended: ClientEndedSession[] | null;
}

export interface SessionsState {
  loaded: Loaded | null;
  /** What the last attempt to load them has failed with. */
  error: unknown;
  reload(): Promise<void>;
}

/**
 * The user's sessions. They are loaded anew whenever the user comes back to the page, and when he is online again. What was
 * loaded stays until there is something newer.
 */
export function useSessions(client: SessionsClient): SessionsState {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [error, setError] = useState<unknown>(null);
  const newest = useRef(0);
  const reload = useCallback(async () => {
    const turn = ++newest.current;
    const [sessions, ended] = await Promise.allSettled([client.list(), client.ended({ limit: ENDED })]);
    // A later attempt knows better.
    if (turn !== newest.current) return;
    if (sessions.status === 'rejected') return setError(sessions.reason);
    setLoaded({
      // Those that have expired wait for their deletion: nobody is signed in by them.
      sessions: sessions.value.filter(({ active }) => active),
      ended: ended.status === 'fulfilled' ? ended.value : null,
    });
    setError(null);
  }, [client]);

  useEffect(() => {
    void reload();
    const comesBack = () => document.visibilityState === 'visible' && void reload();
    document.addEventListener('visibilitychange', comesBack);
    window.addEventListener('online', comesBack);
    return () => {
      newest.current += 1;
      document.removeEventListener('visibilitychange', comesBack);
      window.removeEventListener('online', comesBack);
    };
  }, [reload]);
  return { loaded, error, reload };
}
