import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useId, useRef } from 'preact/hooks';

interface DialogProps {
  heading: string;
  /** What it is about, which a screen reader reads after the heading. */
  body: ComponentChildren;
  children: ComponentChildren;
  /** Called when it is left without an answer: by Escape. */
  onCancel(): void;
}

/**
 * A dialog of the browser: it keeps the focus inside, and gives it back when it closes. Where what had it is gone, the
 * keyboard goes on at the heading of the page.
 */
export function Dialog({ heading, body, children, onCancel }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const element = dialog.current!;
    const before = document.activeElement;
    element.showModal();
    return () => {
      // While it is open, nothing behind it takes the focus.
      element.close();
      const heading = document.querySelector('h1');
      const next = before instanceof HTMLElement && before.isConnected ? before : heading;
      next?.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      aria-describedby={`${id}-body`}
      onCancel={event => {
        event.preventDefault();
        onCancel();
      }}
    >
      <h2 id={id}>{heading}</h2>
      <p id={`${id}-body`}>{body}</p>
      {children}
    </dialog>
  );
}
