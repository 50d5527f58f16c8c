import { useState } from 'preact/hooks';
import { isInvalidSessionError } from '../../src/client';
import { Device } from './device';
import type { Log } from './step';
import { whyEnded } from './words';

export type DeviceInUse = ReturnType<typeof useDevice>;

/** A device of this page, and why its session is over once the server has refused its token. */
export function useDevice() {
  const [device, setDevice] = useState<Device | null>(null);
  const [ended, setEnded] = useState<string | null>(null);

  return {
    device,
    ended,

    signIn(sessionToken: string): Device {
      const signedIn = new Device(sessionToken);
      setDevice(signedIn);
      setEnded(null);
      return signedIn;
    },

    /** Has it send a request. Where the session is over, it asks the server why. */
    async send(log: Log, method: string, path: string, body?: object): Promise<void> {
      let isOver = false;
      await log.run(`${method} ${path}`, async () => {
        try {
          return `saved as ${(await device!.send(method, path, body)).objectId}`;
        } catch (error) {
          isOver = isInvalidSessionError(error);
          throw error;
        }
      });
      if (!isOver) return;
      await log.run('POST /functions/endedSession', async () => {
        const why = whyEnded(await device!.whyEnded());
        setEnded(why);
        return why;
      });
    },
  };
}
