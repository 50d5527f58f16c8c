import { useLayoutEffect, useRef } from 'preact/hooks';
import { codeOf } from '../shared/errors';
import { useDevicesPage } from './use-words';

/** Parse Server's error without a code of its own: at a log-in, that the second factor is missing or wrong. */
const OTHER_CAUSE = -1;

export const lacksCode = (error: unknown): boolean => codeOf(error) === OTHER_CAUSE;

/** The field for the second factor. It appears once the server asks for it. */
export function Code() {
  const { words } = useDevicesPage();
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => input.current?.focus(), []);
  return (
    <label>
      {words.secondFactor}
      <input ref={input} name="code" autocomplete="one-time-code" inputMode="numeric" required />
    </label>
  );
}
