import type { OwnWords } from './words';

/** What the server tells every page. */
export interface Settings {
  appId: string;
  serverURL: string;
  functionPrefix: string;
  /** The app's own title of the page. */
  title: string | null;
  languages: OwnWords;
}

/** Reads what the server has put into the page. */
export function readSettings<T extends Settings>(): T {
  const content = document.querySelector<HTMLMetaElement>('meta[name=settings]')?.content ?? '{}';
  const settings = JSON.parse(content) as T;
  // Without a slash at its end, because the SDK puts one in front of each path.
  const serverURL = new URL(settings.serverURL, document.baseURI).href.replace(/\/+$/, '');
  return { ...settings, serverURL };
}
