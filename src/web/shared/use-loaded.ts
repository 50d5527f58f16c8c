import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface LoadedState<T> {
  loaded: T | null;
  /** What the last attempt to load it has failed with. */
  error: unknown;
  isLoading: boolean;
  reload(): Promise<void>;
}

/**
 * What the server answers. It is loaded anew for another key, and when the browser is online again after it failed. What was
 * loaded stays until there is something newer.
 */
export function useLoaded<T>(key: string, load: () => Promise<T>): LoadedState<T> {
  const [state, setState] = useState<{ key: string; loaded: T | null; error: unknown }>();
  const [isLoading, setLoading] = useState(true);
  const newest = useRef(0);
  const reload = useCallback(async () => {
    const turn = ++newest.current;
    setLoading(true);
    const [result] = await Promise.allSettled([load()]);
    // A later attempt knows better.
    if (turn !== newest.current) return;
    setLoading(false);
    if (result.status === 'fulfilled') setState({ key, loaded: result.value, error: null });
    else {
      setState(before => ({
        key,
        loaded: before?.key === key ? before.loaded : null,
        error: result.reason,
      }));
    }
  }, [key]);

  useEffect(() => {
    void reload();
    return () => {
      newest.current += 1;
    };
  }, [reload]);

  const current = state?.key === key ? state : null;
  const error = current?.error ?? null;
  useEffect(() => {
    if (error === null) return;
    const retry = () => void reload();
    window.addEventListener('online', retry);
    return () => window.removeEventListener('online', retry);
  }, [error, reload]);
  return { loaded: current?.loaded ?? null, error, isLoading, reload };
}
