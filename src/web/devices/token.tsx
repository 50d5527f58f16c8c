import { generate } from 'lean-qr/nano';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { SessionsClient } from '../../client';
import { Dialog } from '../shared/dialog';
import { failureOf } from '../shared/errors';
import { copy } from './copy';
import { drawText } from './draw-text';
import { Scopes } from './scopes';
import { useDevicesPage } from './use-words';

const DAYS = [1, 7, 30, 90, 365];

interface TokenProps {
  client: SessionsClient;
  /** What a token may be given; `null`: whatever a restricted session may do. */
  scopes: readonly string[] | null;
  onClose(hasMade: boolean): void;
}

/** Makes a token for a device without a screen, and shows it once. */
export function NewToken({ client, scopes, onClose }: TokenProps) {
  const { words } = useDevicesPage();
  const [made, setMade] = useState<{ name: string; token: string } | null>(null);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  const lacksScope = scopes !== null && chosen.length === 0;

  async function make(event: SubmitEvent) {
    event.preventDefault();
    if (isBusy) return;
    const form = new FormData(event.target as HTMLFormElement);
    const name = String(form.get('name')).trim();
    const days = String(form.get('days'));
    setBusy(true);
    setProblem(null);
    try {
      const { sessionToken } = await client.createRestricted({
        name,
        ...(scopes && { scopes: chosen }),
        ...(days && { expiresIn: `${days}d` }),
      });
      setMade({ name, token: sessionToken });
    } catch (error) {
      setBusy(false);
      setProblem(failureOf(error, words));
    }
  }

  if (made) return <Made {...made} onClose={() => onClose(true)} />;
  return (
    <Dialog heading={words.newToken} body={words.newTokenBody} onCancel={() => onClose(false)}>
      <form onSubmit={make}>
        <label>
          {words.name}
          <input name="name" maxLength={128} pattern=".*\S.*" required autoFocus />
        </label>
        {scopes ? <Scopes scopes={scopes} chosen={chosen} onChange={setChosen} /> : <p>{words.mayDoAll}</p>}
        {lacksScope && <p class="kind">{words.chooseOne}</p>}
        <label>
          {words.goodFor}
          <select name="days">
            <option value="">{words.asLongAsAllowed}</option>
            {DAYS.map(count => (
              <option key={count} value={count}>
                {words.days({ count })}
              </option>
            ))}
          </select>
        </label>
        <p class="problem" role="alert">
          {problem}
        </p>
        <div class="buttons">
          <button type="button" onClick={() => onClose(false)}>
            {words.cancel}
          </button>
          <button class="primary" aria-disabled={isBusy} disabled={lacksScope}>
            {words.makeToken}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** The token is drawn and copied. It never stands in the document, where extensions and other scripts read. */
function Made({ name, token, onClose }: { name: string; token: string; onClose(): void }) {
  const { words } = useDevicesPage();
  const code = useRef<HTMLCanvasElement>(null);
  const text = useRef<HTMLCanvasElement>(null);
  const [copied, setCopied] = useState<string | null>(null);
  useLayoutEffect(() => {
    if (code.current) generate(token).toCanvas(code.current);
    if (text.current) drawText(text.current, token);
  }, [token]);
  return (
    <Dialog heading={words.tokenMade({ device: name })} body={words.tokenOnce} onCancel={onClose}>
      <canvas ref={code} class="code" role="img" aria-label={words.tokenCode} />
      <canvas ref={text} class="token" role="img" aria-label={words.tokenPicture} />
      <p role="status">{copied}</p>
      <div class="buttons">
        <button
          type="button"
          class="primary"
          onClick={() => setCopied(copy(token) ? words.copied : words.notCopied)}
        >
          {words.copy}
        </button>
        <button type="button" onClick={onClose}>
          {words.close}
        </button>
      </div>
    </Dialog>
  );
}
