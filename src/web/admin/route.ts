import { useEffect, useState } from 'preact/hooks';
import type { SearchParams } from './server';

const VIEWS = ['search', 'user', 'sign-out', 'purge', 'doctor'] as const;
export type View = 'overview' | (typeof VIEWS)[number];

/** What the fragment of the address asks for. */
export interface Route {
  view: View;
  /** The user whom it is about; empty for other views. */
  userId: string;
  params: URLSearchParams;
}

/** @param fragment such as `#/search?user=ada` or `#/user/k7Pq2`. What is none is the overview. */
function routeOf(fragment: string): Route {
  const [path = '', query] = fragment.replace(/^#\/?/, '').split('?', 2);
  const [name, userId = ''] = path.split('/');
  const view = VIEWS.find(known => known === name) ?? 'overview';
  return { view, userId: decoded(userId), params: new URLSearchParams(query) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const addressOf = (view: View): string => (view === 'overview' ? '#/' : `#/${view}`);

export const userAddress = (userId: string): string => `#/user/${encodeURIComponent(userId)}`;

export function searchAddress(params: SearchParams): string {
  const given = Object.entries(params).filter(([, value]) => value);
  return `#/search?${new URLSearchParams(given as Array<[string, string]>).toString()}`;
}

export function useRoute(): Route {
  const [fragment, setFragment] = useState(location.hash);
  useEffect(() => {
    const follow = () => setFragment(location.hash);
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  return routeOf(fragment);
}
