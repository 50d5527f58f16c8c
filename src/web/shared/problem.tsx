import { useLayoutEffect, useRef } from 'preact/hooks';
import { usePage } from './context';
import { isOffline, messageOf } from './errors';

/** What went wrong when something was loaded, and the way to try again. */
export function Problem({ error, onRetry }: { error: unknown; onRetry(): void }) {
  const { words } = usePage();
  const card = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = card.current!;
    return () => {
      // What was loaded takes its place, and the keyboard goes on at the heading.
      if (element.contains(document.activeElement)) document.querySelector('h1')?.focus();
    };
  }, []);
  return (
    <div ref={card} class="card problem" role="alert">
      <p>{isOffline(error) ? words.offline : words.failed({ why: messageOf(error) })}</p>
      <button type="button" onClick={onRetry}>
        {words.retry}
      </button>
    </div>
  );
}
