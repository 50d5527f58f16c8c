import { useEffect, useRef, useState } from 'preact/hooks';
import { failureOf } from './failure';
import { useAdminPage, useOperator } from './use-admin';

/** How far a job is. */
export interface Progress {
  done: number;
  /** `null` where the server has not said it. */
  total: number | null;
}

/** The server says it as "deleted 300 of 1000 expired sessions". */
function progressOf(message: string): Progress | null {
  const [, done, total] = /(\d+)(?: of (\d+))?/.exec(message) ?? [];
  return done ? { done: Number(done), total: total ? Number(total) : null } : null;
}

/** Runs the jobs of a view, one at a time. A job goes on at the server when the view is left. */
export function useJob() {
  const { words, tell } = useAdminPage();
  const { server } = useOperator();
  const [progress, setProgress] = useState<Progress | null>(null);
  const left = useRef(new AbortController());
  useEffect(() => () => left.current.abort(), []);

  /** @returns `null` where it has failed, which is told, and where the view was left. */
  async function run<T>(name: string, params: Record<string, unknown>): Promise<T | null> {
    setProgress({ done: 0, total: null });
    try {
      return await server.job<T>(
        name,
        params,
        message => setProgress(before => progressOf(message) ?? before),
        left.current.signal,
      );
    } catch (error) {
      if (!left.current.signal.aborted) tell(failureOf(error, words), 'failed');
      return null;
    } finally {
      setProgress(null);
    }
  }
  return { run, progress };
}
