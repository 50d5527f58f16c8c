import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Settings } from '../shared/settings';
import { failureOf } from './failure';
import { connect, type Server } from './server';
import { useAdminPage, type Operator } from './use-admin';

interface UnlockProps {
  settings: Settings;
  /** Told of the connection before the key is checked. */
  onConnected(server: Server): void;
  /** What the operator is told first: why the page is locked. */
  notice: string | null;
  onUnlocked(operator: Operator): void;
  onLocked(why: string): void;
}

/** Asks for the master key. It leaves the document before it is sent. */
export function Unlock({ settings, notice, onConnected, onUnlocked, onLocked }: UnlockProps) {
  const { words } = useAdminPage();
  const [isChecked, setChecked] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => input.current?.focus(), []);

  /** @returns `null` for a text that cannot be sent, so it is no key. */
  function serverFor(key: string, onRefused: () => void): Server | null {
    try {
      return connect(settings, key, onRefused);
    } catch {
      return null;
    }
  }

  async function unlock(event: SubmitEvent) {
    event.preventDefault();
    const field = input.current!;
    const server = serverFor(field.value, () => onLocked(words.wrongKey));
    field.value = '';
    if (!server) return onLocked(words.wrongKey);
    onConnected(server);
    setChecked(true);
    try {
      const { readOnly } = await server.overview(1);
      if (!server.isClosed) onUnlocked({ server, isReadOnly: readOnly });
    } catch (error) {
      // It may be locked by now: the key was wrong, or the page was left.
      if (!server.isClosed) onLocked(failureOf(error, words));
    }
  }

  return (
    <form class="card narrow" onSubmit={unlock}>
      <h1>{settings.title ?? words.heading}</h1>
      <p class="problem" role="alert">
        {!isChecked && notice}
      </p>
      {isChecked ? (
        <p role="status">{words.checking}</p>
      ) : (
        <>
          <label>
            {words.masterKey}
            <input ref={input} type="password" autocomplete="off" spellcheck={false} required />
          </label>
          <p>
            <small>{words.masterKeyBody}</small>
          </p>
          <div class="buttons">
            <button class="primary">{words.unlock}</button>
          </div>
        </>
      )}
    </form>
  );
}
