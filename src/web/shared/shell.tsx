import type { ComponentChildren } from 'preact';
import { useCallback, useMemo, useRef, useState } from 'preact/hooks';
import { Page, type PageContext } from './context';
import type { Spoken } from './words';
import type { CommonWords } from './words-en';

/** How long a result is shown, in milliseconds. What went wrong stays until there is something newer. */
const SHOWN = 10_000;

interface ShellProps {
  spoken: Spoken<CommonWords>;
  /** What stands above each view. */
  header?: ComponentChildren;
  children: ComponentChildren;
}

/** What stands round every page: its words, and the place where results are told. */
export function Shell({ spoken, header, children }: ShellProps) {
  const [result, setResult] = useState<{ text: string; kind: 'done' | 'failed' } | null>(null);
  const timer = useRef<number | undefined>(undefined);
  const tell = useCallback<PageContext['tell']>((text, kind = 'done') => {
    clearTimeout(timer.current);
    setResult({ text, kind });
    if (kind === 'done') timer.current = window.setTimeout(() => setResult(null), SHOWN);
  }, []);
  const page = useMemo(() => ({ ...spoken, tell }), [spoken, tell]);
  return (
    <Page.Provider value={page}>
      {header}
      <main>{children}</main>
      <div class={`result ${result?.kind ?? ''}`} role="status">
        {result?.text}
      </div>
    </Page.Provider>
  );
}
