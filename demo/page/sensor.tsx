import { useState } from 'preact/hooks';
import type { ClientSession } from '../../src/client';
import { client, type User } from './parse';
import { SessionList, type SignOut } from './session-list';
import { Step, useLog, type Log } from './step';
import type { DeviceInUse } from './use-device';

const NAME = 'Sensor';

const sendReading = (sensor: DeviceInUse, log: Log) =>
  sensor.send(log, 'POST', '/classes/Telemetry', { celsius: 18 + Math.round(80 * Math.random()) / 10 });

interface SensorStepProps {
  user: User | null;
  sensor: DeviceInUse;
  onMade(): Promise<void>;
}

/** A session for a device that has no user in front of it. */
export function SensorStep({ user, sensor, onMade }: SensorStepProps) {
  const log = useLog();
  const [ownerId, setOwnerId] = useState<string | undefined>();

  const makeToken = () =>
    log.run(`createRestricted({ name: '${NAME}', scopes: ['Telemetry:create'] })`, async () => {
      const { sessionToken } = await client.createRestricted({ name: NAME, scopes: ['Telemetry:create'] });
      sensor.signIn(sessionToken);
      setOwnerId(user?.id);
      await onMade();
      return 'a token, shown to nobody but the sensor';
    });

  return (
    <Step number={2} title="Make a sensor token" log={log}>
      <p>
        Whoever steals a sensor should not get your account. So it has a session of its own, which may add
        readings and do nothing else.
      </p>
      <div class="row">
        <button
          type="button"
          class={sensor.device ? '' : 'primary'}
          disabled={!user || (sensor.device !== null && sensor.ended === null)}
          onClick={makeToken}
        >
          Make a sensor token
        </button>
        {!user && <small>Sign up first.</small>}
      </div>
      {sensor.device && (
        <div class={`sensor ${sensor.ended ? 'over' : ''}`} role="group" aria-label="The sensor">
          <p role="status">{sensor.ended ?? 'The sensor is on.'}</p>
          <div class="row">
            <button type="button" onClick={() => sendReading(sensor, log)}>
              Send a reading
            </button>
            <button type="button" onClick={() => sensor.send(log, 'GET', '/classes/Invoice')}>
              Read the invoices
            </button>
            <button
              type="button"
              onClick={() => sensor.send(log, 'PUT', `/users/${ownerId}`, { password: 'mine now' })}
            >
              Change the password
            </button>
          </div>
        </div>
      )}
    </Step>
  );
}

interface SignOutStepProps {
  sessions: readonly ClientSession[] | null;
  sensor: DeviceInUse;
  signOut: SignOut;
}

/** The end of that session, and what the device is told. */
export function SignOutStep({ sessions, sensor, signOut }: SignOutStepProps) {
  const log = useLog();
  const sensors = sessions?.filter(({ name, restricted }) => restricted && name === NAME) ?? [];
  return (
    <Step number={4} title="Sign out the sensor" log={log}>
      <p>
        What is lost is signed out from any other device. Its next request is refused, and the device can ask
        the server why.
      </p>
      <SessionList sessions={sensors} log={log} signOut={signOut} />
      <div class="row">
        <button type="button" disabled={!sensor.device} onClick={() => sendReading(sensor, log)}>
          Send another reading
        </button>
        {!sensor.device && <small>Make a sensor token first.</small>}
      </div>
    </Step>
  );
}
