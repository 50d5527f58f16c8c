import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ClientSession } from '../../client';
import { kindOf, kindWord, labelOf } from '../shared/describe';
import { Facts, Limits } from '../shared/facts';
import { DeviceIcon, PencilIcon } from '../shared/icons';
import { useDevicesPage } from './use-words';

const MAX_NAME = 128;

export interface DeviceActions {
  /** @returns whether it worked. */
  rename(session: ClientSession, name: string): Promise<boolean>;
  signOut(sessions: readonly ClientSession[]): void;
}

interface DeviceProps {
  /** The one that was used last, and with it those that look the same to their user. */
  sessions: readonly ClientSession[];
  /** Absent where this session may not change any. */
  actions?: DeviceActions;
}

/** One device. */
export function Device({ sessions, actions }: DeviceProps) {
  const { words } = useDevicesPage();
  const [isOpen, setOpen] = useState(false);
  const [session, ...others] = sessions as [ClientSession, ...ClientSession[]];
  const device = labelOf(session, words);
  const count = sessions.length;
  const label = session.current
    ? words.signOutHere
    : count > 1
      ? words.signOutGroup({ device, count })
      : words.signOutDevice({ device });
  return (
    <li class="card device">
      <DeviceIcon kind={kindOf(session.device)} />
      <div class="about">
        <Name session={session} device={device} onRename={actions?.rename} />
        <p class="kind">{kindWord(session.device, words)}</p>
        <Limits session={session} />
        <Facts session={session} />
        {count > 1 && (
          <button type="button" class="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? words.showFewer : words.showAll({ count })}
          </button>
        )}
        {isOpen && (
          <ul class="repeats">
            {others.map(other => (
              <li key={other.objectId}>
                <Facts session={other} />
                {actions && (
                  <SignOut
                    label={words.signOutDevice({ device: labelOf(other, words) })}
                    onClick={() => actions.signOut([other])}
                  />
                )}
              </li>
            ))}
          </ul>
        )}
      </div>
      {actions && <SignOut label={label} onClick={() => actions.signOut(sessions)} />}
    </li>
  );
}

/** Its text is short; its name tells a screen reader whom it signs out. */
function SignOut({ label, onClick }: { label: string; onClick(): void }) {
  const { words } = useDevicesPage();
  return (
    <button type="button" class="sign-out" aria-label={label} onClick={onClick}>
      {words.signOut}
    </button>
  );
}

interface NameProps {
  session: ClientSession;
  device: string;
  onRename?: DeviceActions['rename'];
}

/** The name of a device, edited in place. */
function Name({ session, device, onRename }: NameProps) {
  const { words } = useDevicesPage();
  const [isEdited, setEdited] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const wasEdited = useRef(false);
  useLayoutEffect(() => {
    if (isEdited) {
      input.current?.focus();
      input.current?.select();
    } else if (wasEdited.current) button.current?.focus();
    wasEdited.current = isEdited;
  }, [isEdited]);

  if (!isEdited || !onRename) {
    return (
      <div class="name">
        <h3>
          <bdi>{device}</bdi>
        </h3>
        {onRename && (
          <button
            ref={button}
            type="button"
            class="quiet edit"
            aria-label={words.rename({ device })}
            onClick={() => setEdited(true)}
          >
            <PencilIcon />
          </button>
        )}
      </div>
    );
  }
  return (
    <form
      class="row"
      onSubmit={async event => {
        event.preventDefault();
        const name = input.current!.value.trim();
        if (name === '' || name === session.name || (await onRename(session, name))) setEdited(false);
      }}
      onKeyDown={event => event.key === 'Escape' && setEdited(false)}
    >
      <input
        ref={input}
        aria-label={words.rename({ device })}
        maxLength={MAX_NAME}
        defaultValue={device}
        required
      />
      <button class="primary">{words.save}</button>
      <button type="button" onClick={() => setEdited(false)}>
        {words.cancel}
      </button>
    </form>
  );
}
