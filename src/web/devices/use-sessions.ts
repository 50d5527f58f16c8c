import { useEffect } from 'preact/hooks';
import type { ClientEndedSession, ClientSession, SessionsClient } from '../../client';
import { useLoaded, type LoadedState } from '../shared/use-loaded';

/** How many ended sessions are shown. */
const ENDED = 10;

export interface Loaded {
  sessions: ClientSession[];
  /** `null` where the session may not see them. */
  ended: ClientEndedSession[] | null;
}

async function load(client: SessionsClient): Promise<Loaded> {
  const [sessions, ended] = await Promise.allSettled([client.list(), client.ended({ limit: ENDED })]);
  if (sessions.status === 'rejected') throw sessions.reason;
  return {
    // Those that have expired wait for their deletion: nobody is signed in by them.
    sessions: sessions.value.filter(({ active }) => active),
    ended: ended.status === 'fulfilled' ? ended.value : null,
  };
}

/** The user's sessions. They are loaded anew whenever the user comes back to the page, and when he is online again. */
export function useSessions(client: SessionsClient): LoadedState<Loaded> {
  const state = useLoaded('sessions', () => load(client));
  const { reload, error } = state;
  const hasFailed = error !== null;
  useEffect(() => {
    const comesBack = () => document.visibilityState === 'visible' && void reload();
    document.addEventListener('visibilitychange', comesBack);
    // What has failed is tried again by itself.
    if (!hasFailed) window.addEventListener('online', comesBack);
    return () => {
      document.removeEventListener('visibilitychange', comesBack);
      window.removeEventListener('online', comesBack);
    };
  }, [reload, hasFailed]);
  return state;
}
