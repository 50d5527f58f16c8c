import { useState } from 'preact/hooks';
import type { SessionsClient } from '../../client';
import { Dialog } from '../shared/dialog';
import { codeOf, failureOf, OBJECT_NOT_FOUND, TOO_MANY } from '../shared/errors';
import { Code, lacksCode } from './code';
import { useDevicesPage } from './use-words';

interface ConfirmProps {
  client: SessionsClient;
  /** Where the user signs in in ways that this page does not have. */
  loginAddress: string | null;
  onDone(confirmed: boolean): void;
}

/** Has the user prove who he is. The action that was refused goes on by itself. */
export function Confirm({ client, loginAddress, onDone }: ConfirmProps) {
  const { words } = useDevicesPage();
  const [problem, setProblem] = useState<string | null>(null);
  const [asksCode, setAsksCode] = useState(false);
  const [isBusy, setBusy] = useState(false);

  async function confirm(event: SubmitEvent) {
    event.preventDefault();
    if (isBusy) return;
    const { password, code } = Object.fromEntries(new FormData(event.target as HTMLFormElement));
    setBusy(true);
    setProblem(null);
    try {
      const proof = { password: String(password) };
      await client.confirmIdentity(code ? { ...proof, authData: { mfa: { token: String(code) } } } : proof);
      return onDone(true);
    } catch (error) {
      if (lacksCode(error) && !asksCode) setAsksCode(true);
      else if (lacksCode(error) || codeOf(error) === OBJECT_NOT_FOUND) setProblem(words.confirmWrong);
      else if (codeOf(error) === TOO_MANY) setProblem(words.confirmTooMany);
      else setProblem(failureOf(error, words));
    }
    setBusy(false);
  }

  return (
    <Dialog heading={words.confirmHeading} body={words.confirmBody} onCancel={() => onDone(false)}>
      <form onSubmit={confirm}>
        <label>
          {words.password}
          <input name="password" type="password" autocomplete="current-password" required autoFocus />
        </label>
        {asksCode && <Code />}
        <p class="problem" role="alert">
          {problem}
        </p>
        {loginAddress && (
          <p>
            <a href={loginAddress}>{words.confirmElsewhere}</a>
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={() => onDone(false)}>
            {words.cancel}
          </button>
          <button class="primary" aria-disabled={isBusy}>
            {words.confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
