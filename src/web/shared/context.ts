import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { CommonWords } from './words-en';

/** What every part of a page needs. */
export interface PageContext<W extends CommonWords = CommonWords> {
  words: W;
  /** The language and country, for dates and numbers. */
  locale: string;
  /** Tells of a result, on the page and to screen readers. */
  tell(result: string, kind?: 'done' | 'failed'): void;
}

export const Page = createContext<PageContext | null>(null);

export function usePage<W extends CommonWords = CommonWords>(): PageContext<W> {
  const page = useContext(Page);
  if (!page) throw new Error('There is no page around.');
  return page as PageContext<W>;
}
