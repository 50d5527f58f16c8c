import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useLoaded, type LoadedState } from '../shared/use-loaded';

/** A part of a list. */
export interface PageOf<Row, Place> {
  results: Row[];
  /** Where the next page begins; `null` after the last one. */
  next: Place | null;
}

export interface PagesState<Row, Place> extends LoadedState<PageOf<Row, Place>> {
  /** The element with the rows, each with `tabindex="-1"`. */
  list: RefObject<HTMLElement | null>;
  /** Loads the next page; the keyboard goes on at its first row. */
  more(): Promise<void>;
  remove(objectId: string): void;
}

/** A list that the server answers page by page. */
export function usePages<Row extends { objectId: string }, Place>(
  key: string,
  load: (after: Place | null) => Promise<PageOf<Row, Place>>,
  onFailed: (error: unknown) => void,
): PagesState<Row, Place> {
  const first = useLoaded(key, () => load(null));
  /** The first page with what has changed since. */
  const [changed, setChanged] = useState<{ first: unknown; page: PageOf<Row, Place> } | null>(null);
  const [isGrowing, setGrowing] = useState(false);
  const list = useRef<HTMLElement | null>(null);
  const focusOn = useRef<number | null>(null);
  const loaded = changed && changed.first === first.loaded ? changed.page : first.loaded;
  const change = (page: PageOf<Row, Place>) => setChanged({ first: first.loaded, page });

  useLayoutEffect(() => {
    if (focusOn.current === null) return;
    list.current?.querySelectorAll<HTMLElement>('[tabindex="-1"]')[focusOn.current]?.focus();
    focusOn.current = null;
  }, [changed]);

  async function more() {
    if (!loaded?.next) return;
    setGrowing(true);
    try {
      const { results, next } = await load(loaded.next);
      const known = new Set(loaded.results.map(({ objectId }) => objectId));
      // One that has moved meanwhile may come again.
      const added = results.filter(({ objectId }) => !known.has(objectId));
      focusOn.current = loaded.results.length;
      change({ results: [...loaded.results, ...added], next });
    } catch (error) {
      onFailed(error);
    }
    setGrowing(false);
  }

  const remove = (removed: string) =>
    loaded && change({ ...loaded, results: loaded.results.filter(({ objectId }) => objectId !== removed) });

  return { ...first, loaded, isLoading: first.isLoading || isGrowing, list, more, remove };
}
