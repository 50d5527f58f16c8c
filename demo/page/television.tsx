import { useEffect, useRef, useState } from 'preact/hooks';
import { pairDevice, type PairingCode } from '../../src/client';
import { serverURL, settings, type User } from './parse';
import { Step, useLog } from './step';
import { useDevice } from './use-device';

interface Reading {
  celsius: number;
}

/** A device without a keyboard: it shows a code, and its user allows it where he is signed in. */
export function Television({ user, onPaired }: { user: User | null; onPaired(): void }) {
  const log = useLog();
  const television = useDevice();
  const [code, setCode] = useState<PairingCode | null>(null);
  const [reading, setReading] = useState<Reading | null>(null);

  const pair = () =>
    log.run("pairDevice({ name: 'Television', scopes: ['Telemetry:read'] })", async () => {
      try {
        const { sessionToken, scopes } = await pairDevice({
          serverURL,
          appId: settings.appId,
          name: 'Television',
          scopes: ['Telemetry:read'],
          onCode: setCode,
        });
        const device = television.signIn(sessionToken);
        onPaired();
        const newest = '/classes/Telemetry?order=-createdAt&limit=1';
        const { results } = await device.send<{ results: Reading[] }>('GET', newest);
        setReading(results[0] ?? null);
        return `a session that may only ${scopes?.join(', ')}`;
      } finally {
        setCode(null);
      }
    });

  const screen = () => {
    if (code) return <Code {...code} />;
    if (!television.device) return <p>Not signed in</p>;
    return (
      <>
        <p>Signed in</p>
        <p class="big">{reading ? `${reading.celsius} °C` : 'No readings yet'}</p>
      </>
    );
  };

  return (
    <Step number={3} title="Pair a device" log={log}>
      <p>
        Nobody likes to type a password with a remote control. The television shows a code; you allow it in a
        browser where you are signed in, and see what it may do.
      </p>
      <div class="television" role="group" aria-label="The television">
        <div aria-live="polite">{screen()}</div>
      </div>
      {!code && (
        <div class="row">
          <button type="button" class={television.device ? '' : 'primary'} disabled={!user} onClick={pair}>
            Pair the television
          </button>
          {!user && <small>Sign up first.</small>}
        </div>
      )}
    </Step>
  );
}

function Code({ userCode, verificationUriComplete }: PairingCode) {
  // The page that this server shows at the address, whatever name the browser has for the server.
  const { pathname, hash } = new URL(verificationUriComplete);
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => link.current?.focus({ preventScroll: true }), []);
  return (
    <>
      <p>To sign in, allow this code:</p>
      <p class="big code">{userCode}</p>
      <a ref={link} class="button" href={pathname + hash} target="_blank">
        Allow it
      </a>
    </>
  );
}
