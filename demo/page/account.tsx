import { useState } from 'preact/hooks';
import type { ClientSession } from '../../src/client';
import { Parse, settings, type User } from './parse';
import { SessionList, type SignOut } from './session-list';
import { Step, type Log } from './step';

interface AccountProps {
  user: User | null;
  /** `null` until they have been loaded. */
  sessions: readonly ClientSession[] | null;
  log: Log;
  onSignedUp(user: User): Promise<void>;
  signOut: SignOut;
}

export function Account({ user, sessions, log, onSignedUp, signOut }: AccountProps) {
  /** Shown because this is a demo. */
  const [made, setMade] = useState({ username: '', password: '' });

  const signUp = () =>
    log.run('Parse.User.signUp(username, password)', async () => {
      const [username, password] = [`ada-${random(2)}`, random(6)];
      const fresh = await Parse.User.signUp(username, password, {});
      setMade({ username, password });
      await onSignedUp(fresh);
      return `signed up as ${username}, and signed in`;
    });

  if (!user) {
    return (
      <Step number={1} title="Sign up" log={log}>
        <p>One click makes a user with a random name and password. Each sign-in is a session.</p>
        <button type="button" class="primary" onClick={signUp}>
          Sign up
        </button>
      </Step>
    );
  }
  const username = user.getUsername();
  return (
    <Step number={1} title="Sign up" log={log}>
      <p>
        You are <strong>{username}</strong>
        {made.username === username && (
          <>
            , with the password <code>{made.password}</code>. Sign in with both in a private window too, and
            the list grows
          </>
        )}
        .
      </p>
      <h3>Where you are signed in</h3>
      {sessions ? (
        <SessionList sessions={sessions} log={log} signOut={signOut} />
      ) : (
        <p class="loading">Loading…</p>
      )}
      <p>
        <a href={settings.devicesPage} target="_blank">
          The full page
        </a>{' '}
        comes with the package. It is where to sign in, too.
      </p>
    </Step>
  );
}

/** That many bytes, in hexadecimal digits. */
const random = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), byte => byte.toString(16).padStart(2, '0')).join(
    '',
  );
