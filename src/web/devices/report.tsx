import { useState } from 'preact/hooks';
import { failureOf } from '../shared/errors';
import { Heading } from '../shared/heading';
import { Parse } from './parse';
import { useDevicesPage } from './use-words';

/** The page behind the link of a mail. Only its button does anything: scanners of mails follow links. */
export function Report({ functionPrefix }: { functionPrefix: string }) {
  const { words } = useDevicesPage();
  // Kept in memory only: the address that stays in the history has no token.
  const [token] = useState(() => {
    const found = new URLSearchParams(location.hash.slice(1)).get('token');
    history.replaceState(null, '', location.pathname);
    return found;
  });
  const [results, setResults] = useState<string[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function report(event: SubmitEvent) {
    event.preventDefault();
    if (isBusy) return;
    const resets = new FormData(event.target as HTMLFormElement).has('reset');
    setBusy(true);
    setProblem(null);
    try {
      const { revoked, passwordReset } = (await Parse.Cloud.run(
        `${functionPrefix}reportSession`,
        { token, ...(resets && { resetPassword: true }) },
        // Whoever has the link needs no session. With an empty token the SDK does not send that of whoever is signed in here.
        { sessionToken: '' },
      )) as { revoked: 0 | 1; passwordReset?: boolean };
      if (revoked === 0) return setResults([words.reportOver, words.reportNext]);
      const ofReset = resets && (passwordReset ? words.reportedReset : words.reportedNoReset);
      setResults([words.reported, ofReset || words.reportNext]);
    } catch (error) {
      setBusy(false);
      setProblem(failureOf(error, words));
    }
  }

  return (
    <form class="card narrow" onSubmit={report}>
      <Heading key={results ? 'done' : 'asked'}>{words.reportHeading}</Heading>
      <div role="status">
        {results?.map(result => (
          <p key={result}>{result}</p>
        ))}
      </div>
      {!token && <p>{words.reportNoLink}</p>}
      {token && !results && (
        <>
          <p>{words.reportBody}</p>
          <label class="tick">
            <input type="checkbox" name="reset" />
            {words.reportReset}
          </label>
          <p class="problem" role="alert">
            {problem}
          </p>
          <div class="buttons">
            <button class="danger" aria-disabled={isBusy}>
              {words.report}
            </button>
          </div>
        </>
      )}
    </form>
  );
}
