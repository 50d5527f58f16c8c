import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

const KEPT = 3;

interface Line {
  id: number;
  request: string;
  answer: string;
  isRefused: boolean;
}

export type Log = ReturnType<typeof useLog>;

/** What the server says to the actions of a step. */
export function useLog() {
  const [lines, setLines] = useState<Line[]>([]);
  const isBusy = useRef(false);

  const say = (request: string, answer: string, isRefused = false) =>
    setLines(before => [
      ...before.slice(1 - KEPT),
      { id: (before.at(-1)?.id ?? 0) + 1, request, answer, isRefused },
    ]);

  /**
   * Does what the user asks for, and says what came of it: what `work` answers, or the error that it is refused with.
   * A second click before that does nothing.
   */
  async function run(request: string, work: () => Promise<string>): Promise<void> {
    if (isBusy.current) return;
    isBusy.current = true;
    try {
      say(request, await work());
    } catch (error) {
      const { code, message } = error as { code?: number; message: string };
      say(request, code === undefined ? message : `${code} ${message}`, true);
    }
    isBusy.current = false;
  }

  return { lines, say, run };
}

interface StepProps {
  number: number;
  title: string;
  log: Log;
  children: ComponentChildren;
}

export function Step({ number, title, log, children }: StepProps) {
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  // The button of an action may be gone after it. The keyboard then goes on from here, not from the top of the page.
  useLayoutEffect(() => {
    const isLost = document.activeElement === document.body;
    if (log.lines.length > 0 && isLost) heading.current?.focus({ preventScroll: true });
  }, [log.lines]);
  return (
    <section class="card step" aria-labelledby={id}>
      <h2 id={id} ref={heading} tabIndex={-1}>
        <span class="number">{number}</span> {title}
      </h2>
      {children}
      <div class="log" role="log" aria-label={`What the server says: step ${number}`}>
        {log.lines.map(({ id, request, answer, isRefused }) => (
          <p key={id} class={isRefused ? 'refused' : ''}>
            <code>{request}</code> <span>{answer}</span>
          </p>
        ))}
      </div>
    </section>
  );
}
