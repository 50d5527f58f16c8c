import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { codeOf, failureOf, OBJECT_NOT_FOUND } from '../shared/errors';
import { Code, lacksCode } from './code';
import { Parse } from './parse';
import { useDevicesPage } from './use-words';

interface SignInProps {
  /** What the user is told first: why his session is over. */
  notice: string | null;
  onSignedIn(): void;
}

/** For an app that has no log-in page of its own. */
export function SignIn({ notice, onSignedIn }: SignInProps) {
  const { words } = useDevicesPage();
  const [problem, setProblem] = useState<string | null>(null);
  const [asksCode, setAsksCode] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => first.current?.focus(), []);

  async function signIn(event: SubmitEvent) {
    event.preventDefault();
    if (isBusy) return;
    const { username, password, code } = Object.fromEntries(new FormData(event.target as HTMLFormElement));
    setBusy(true);
    setProblem(null);
    try {
      const given: [string, string] = [String(username), String(password)];
      if (code) await Parse.User.logInWithAdditionalAuth(...given, { mfa: { token: String(code) } });
      else await Parse.User.logIn(...given);
      return onSignedIn();
    } catch (error) {
      if (lacksCode(error) && !asksCode) setAsksCode(true);
      else if (lacksCode(error)) setProblem(words.confirmWrong);
      else if (codeOf(error) === OBJECT_NOT_FOUND) setProblem(words.wrongPassword);
      else setProblem(failureOf(error, words));
    }
    setBusy(false);
  }

  return (
    <form class="card narrow" onSubmit={signIn}>
      <h1>{words.signInHeading}</h1>
      {notice && (
        <p class="notice" role="status">
          {notice}
        </p>
      )}
      <label>
        {words.username}
        <input ref={first} name="username" autocomplete="username" required />
      </label>
      <label>
        {words.password}
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      {asksCode && <Code />}
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class="buttons">
        <button class="primary" aria-disabled={isBusy}>
          {words.signIn}
        </button>
      </div>
    </form>
  );
}
