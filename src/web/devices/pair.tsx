import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { PairingApproval, PairingRequest, SessionsClient } from '../../client';
import { kindOf, labelOf } from '../shared/describe';
import { codeOf, failureOf, OBJECT_NOT_FOUND, TOO_MANY } from '../shared/errors';
import { Fact, Place } from '../shared/facts';
import { DeviceIcon } from '../shared/icons';
import { When } from '../shared/when';
import { Scopes } from './scopes';
import { useDevicesPage } from './use-words';

/** The code in the link of a QR code: it fills the field, no more. */
const codeInAddress = () => new URLSearchParams(location.hash.slice(1)).get('userCode') ?? '';

/** As devices show it, however it was typed. */
const shownCode = (code: string) =>
  code
    .toUpperCase()
    .replace(/[^A-Z]/g, '')
    .replace(/^(.{4})(.{4})$/, '$1-$2');

/** A code is typed, what asks is shown, and is allowed or denied. */
export function Pair({ client }: { client: SessionsClient }) {
  const { words } = useDevicesPage();
  const [code, setCode] = useState(codeInAddress);
  const [request, setRequest] = useState<PairingRequest | null>(null);
  const [result, setResult] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const say = (error: unknown) => {
    if (codeOf(error) === OBJECT_NOT_FOUND) return setProblem(words.codeUnknown);
    if (codeOf(error) === TOO_MANY) return setProblem(words.codeTooMany);
    setProblem(failureOf(error, words));
  };

  async function look() {
    setProblem(null);
    try {
      setRequest(await client.pairingRequest(code));
    } catch (error) {
      say(error);
    }
  }

  async function judge(work: () => Promise<unknown>, judged: string) {
    setProblem(null);
    try {
      await work();
      setResult(judged);
      setCode('');
      history.replaceState(null, '', location.pathname);
    } catch (error) {
      say(error);
    }
    setRequest(null);
  }

  if (result) return <Judged result={result} onMore={() => setResult(null)} />;
  if (request) {
    const named = (name: string | null) => labelOf({ name, device: request.device }, words);
    return (
      <Judge
        request={request}
        code={code}
        onAllow={given =>
          judge(
            () => client.approvePairing(code, given),
            words.allowed({ device: named(given.name ?? null) }),
          )
        }
        onDeny={() => judge(() => client.denyPairing(code), words.denied({ device: named(request.name) }))}
      />
    );
  }
  return <AskCode code={code} problem={problem} onCode={setCode} onNext={look} />;
}

interface AskCodeProps {
  code: string;
  problem: string | null;
  onCode(code: string): void;
  onNext(): Promise<void>;
}

function AskCode({ code, problem, onCode, onNext }: AskCodeProps) {
  const { words } = useDevicesPage();
  const [isFilled] = useState(code !== '');
  const input = useRef<HTMLInputElement>(null);
  const [isBusy, setBusy] = useState(false);
  useLayoutEffect(() => input.current?.focus(), [problem]);
  return (
    <form
      class="card narrow"
      onSubmit={async event => {
        event.preventDefault();
        if (isBusy) return;
        setBusy(true);
        await onNext();
        setBusy(false);
      }}
    >
      <h1>{words.pairHeading}</h1>
      <label>
        {isFilled ? words.pairFilled : words.pairBody}
        <input
          ref={input}
          class="user-code"
          value={code}
          onInput={({ currentTarget }) => onCode(currentTarget.value)}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          maxLength={64}
          required
        />
      </label>
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class="buttons">
        <a class="button" href="./">
          {words.back}
        </a>
        <button class="primary" aria-disabled={isBusy}>
          {words.next}
        </button>
      </div>
    </form>
  );
}

interface JudgeProps {
  request: PairingRequest;
  code: string;
  onAllow(given: PairingApproval): Promise<void>;
  onDeny(): Promise<void>;
}

/** Everything that the device says of itself, and where it asks from. The user may give it less, not more. */
function Judge({ request, code, onAllow, onDeny }: JudgeProps) {
  const { words } = useDevicesPage();
  const { name: ownName, device, place, ip, createdAt, scopes } = request;
  const [name, setName] = useState(ownName ?? '');
  const [chosen, setChosen] = useState<readonly string[]>(scopes ?? []);
  const [isBusy, setBusy] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => heading.current?.focus(), []);
  const given = { ...(name.trim() && { name: name.trim() }), ...(scopes && { scopes: chosen }) };
  const judge = (judgement: () => Promise<void>) => {
    if (isBusy) return;
    setBusy(true);
    void judgement();
  };
  return (
    <form
      class="card narrow"
      onSubmit={event => {
        event.preventDefault();
        judge(() => onAllow(given));
      }}
    >
      <h1 ref={heading} tabIndex={-1}>
        <bdi>{ownName ? words.asks({ name: ownName }) : words.unnamedAsks}</bdi>
      </h1>
      <p>{words.compare}</p>
      <p class="user-code">{shownCode(code)}</p>
      <p>{words.warning}</p>
      <dl>
        <Fact name={words.saysItIs}>
          <span class="with-icon">
            <DeviceIcon kind={kindOf(device)} />
            <bdi>{labelOf({ name: null, device }, words)}</bdi>
          </span>
        </Fact>
        <Fact name={words.asksFrom} isWide>
          {place && <Place place={place} />} <bdi>{ip ?? words.unknownAddress}</bdi>
        </Fact>
        <Fact name={words.askedAt}>
          <When date={createdAt} />
        </Fact>
      </dl>
      {scopes ? <Scopes scopes={scopes} chosen={chosen} onChange={setChosen} /> : <p>{words.mayDoAll}</p>}
      <label>
        {words.nameForList}
        <input value={name} onInput={({ currentTarget }) => setName(currentTarget.value)} maxLength={128} />
      </label>
      <div class="buttons">
        <button type="button" class="danger" aria-disabled={isBusy} onClick={() => judge(onDeny)}>
          {words.deny}
        </button>
        <button aria-disabled={isBusy} disabled={scopes !== null && chosen.length === 0}>
          {words.allow}
        </button>
      </div>
    </form>
  );
}

function Judged({ result, onMore }: { result: string; onMore(): void }) {
  const { words } = useDevicesPage();
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => heading.current?.focus(), []);
  return (
    <div class="card narrow">
      <h1 ref={heading} tabIndex={-1}>
        {words.pairHeading}
      </h1>
      <p role="status">{result}</p>
      <div class="buttons">
        <button type="button" onClick={onMore}>
          {words.addAnother}
        </button>
        <a class="button primary" href="./">
          {words.back}
        </a>
      </div>
    </div>
  );
}
