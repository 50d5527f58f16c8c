import { withDates, type Json } from './dates';
import { checkOptions } from './options';

// Every platform has them, but the language itself does not, and this module is typed for no platform.
declare function setTimeout(work: () => void, milliseconds: number): unknown;
declare function clearTimeout(timer: unknown): void;
declare function fetch(
  address: string,
  request: { method: string; headers: Record<string, string>; body: string; signal: unknown },
): Promise<{ status: number; json(): Promise<unknown> }>;
declare const AbortController: new () => { readonly signal: unknown; abort(): void };
declare const performance: { now(): number };

const SECOND = 1000;
/** How long one question may take, in milliseconds. */
const PATIENCE = 30 * SECOND;
/** By how much the server slows a device down (RFC 8628, 3.5). */
const SLOWER = 5 * SECOND;
/** How long a device waits at most for a server that does not answer. */
const LONGEST_WAIT = 60 * SECOND;
/** The status of what limits the rate of requests, Parse Server's option or a proxy. */
const TOO_MANY_REQUESTS = 429;

/** What the device shows to its user, and whatever more it likes. */
export interface PairingCode {
  /** What the user types: 8 letters in two groups, such as `BCDF-GHJK`. */
  userCode: string;
  /** Where he types it. */
  verificationUri: string;
  /** The same with the code in it, for a QR code. Show the code beside it: the user compares the two. */
  verificationUriComplete: string;
  /** How long the code is good for, in seconds. */
  expiresIn: number;
}

/** The part of an `AbortSignal` that it needs. */
export interface PairingSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface PairDeviceOptions {
  /** The address of Parse Server, such as `'https://example.com/parse'`. */
  serverURL: string;
  appId: string;
  /** What the user is asked about, and the list of his devices shows, up to 128 characters. */
  name?: string;
  /** All that the device wants to do, such as `['Telemetry:create']`. @default the most that the server gives to any */
  scopes?: readonly string[];
  /** The device's own id, up to 128 characters: paired again, it takes the place of its older session. */
  installationId?: string;
  /** Called once, with the code to show. It is waited for, so it should not wait for the user itself. */
  onCode: (code: PairingCode) => unknown;
  /** The `functionPrefix` of the server. @default '' */
  functionPrefix?: string;
  /** Further headers of each request, such as `X-Parse-REST-API-Key`. */
  headers?: Record<string, string>;
  /** Ends the pairing, an `AbortSignal`. @default it ends when the code expires */
  signal?: PairingSignal;
}

/** The session of a paired device. Nothing else ever holds its token: keep it where only the device reads it. */
export interface PairedDevice {
  objectId: string;
  sessionToken: string;
  /** All that it may do: what its user has given. `null`: all that a restricted session may do. */
  scopes: readonly string[] | null;
  /** `null`: it does not expire. */
  expiresAt: Date | null;
}

/** What {@link pairDevice} rejects with. With neither column there was no answer of Parse Server to the first request. */
export interface PairingError extends Error {
  /** Parse's own error code, where the server refuses. */
  code?: number;
  /** `denied`: by the user. `expired`: the time is over, or the session of the user who allowed it. */
  status?: 'denied' | 'expired';
}

type Started = PairingCode & { deviceCode: string; interval: number };
type Answer =
  ({ status: 'approved' } & Json<PairedDevice>) | { status: 'pending' | 'slowDown' | 'denied' | 'expired' };

/**
 * The device's half of pairing, for what has no keyboard: it gets a code, shows it, and waits until its user has allowed
 * or denied it elsewhere (`sessionsClient(Parse).approvePairing`). It needs no SDK, only `fetch`.
 *
 * It asks as often as the server tells it to, and slower when told so (RFC 8628, 3.5). While the server does not answer
 * within 30 seconds, or answers with a status of 500 or above, it waits twice as long each time, a minute at most, until
 * the code expires.
 *
 * @returns the device's session
 * @throws TypeError for a wrong option; {@link PairingError} with `status` when it is denied or expires, with `code` when
 * the server refuses: 141 where it pairs no devices (or has another `functionPrefix`), 142 for a wrong name or scope, 155
 * for too many codes, 119 where the user may have no further session; with neither where there is no answer to the first request; the reason of `signal`; and what
 * `onCode` throws. No message holds a code or a token.
 * @example
 * const { sessionToken } = await pairDevice({
 *   serverURL: 'https://example.com/parse',
 *   appId: 'my-app',
 *   name: 'Thermometer',
 *   scopes: ['Telemetry:create'],
 *   onCode: ({ verificationUri, userCode }) => display.show(`${verificationUri}: ${userCode}`),
 * });
 */
export async function pairDevice(options: PairDeviceOptions): Promise<PairedDevice> {
  checkOptions('pairDevice', options, {
    serverURL: 'string!',
    appId: 'string!',
    name: 'string',
    scopes: 'object',
    installationId: 'string',
    onCode: 'function!',
    functionPrefix: 'string',
    headers: 'object',
    signal: 'object',
  });
  const { serverURL, appId, onCode, functionPrefix = '', headers, signal, ...wish } = options;
  /** Stops what is under way. */
  let cancel: (() => void) | undefined;

  const wait = (milliseconds: number) =>
    new Promise<void>(resolve => {
      // Nobody waits for what comes after an abort.
      if (signal?.aborted) return;
      const timer = setTimeout(resolve, milliseconds);
      cancel = () => clearTimeout(timer);
    });

  /** @throws {@link PairingError}, with a code only where Parse Server has judged the request. */
  async function ask<T>(name: string, params: object): Promise<T> {
    const controller = new AbortController();
    cancel = () => controller.abort();
    const timer = setTimeout(cancel, PATIENCE);
    try {
      const response = await fetch(`${serverURL.replace(/\/+$/, '')}/functions/${functionPrefix}${name}`, {
        method: 'POST',
        headers: { ...headers, 'X-Parse-Application-Id': appId, 'Content-Type': 'application/json' },
        body: JSON.stringify(params),
        signal: controller.signal,
      }).catch(cause => {
        throw new Error('pairDevice: the server does not answer.', { cause });
      });
      // What is no JSON is no answer of Parse Server. The error of it would hold a part of it, and so of a token.
      const answer = (await response.json().catch(() => null)) as Record<string, unknown> | null;
      if (answer?.result) return answer.result as T;
      const { status } = response;
      const isJudged = typeof answer?.code === 'number' && status < 500 && status !== TOO_MANY_REQUESTS;
      const text = typeof answer?.error === 'string' ? answer.error : `HTTP ${status}`;
      throw failure(text, isJudged ? { code: answer.code as number } : {});
    } finally {
      clearTimeout(timer);
    }
  }

  async function pair(): Promise<PairedDevice> {
    const { deviceCode, interval, ...code } = await ask<Started>('startPairing', wish);
    const end = performance.now() + (code.expiresIn || 0) * SECOND;
    await onCode(code);
    let usual = (interval > 0 ? interval : 5) * SECOND;
    for (let next = usual; ;) {
      await wait(Math.min(next, end - performance.now()));
      if (performance.now() >= end) throw failure('expired', { status: 'expired' });
      const answer = await ask<Answer>('completePairing', { deviceCode }).catch((error: PairingError) => {
        if (error.code !== undefined) throw error;
      });
      if (answer?.status === 'approved') {
        const { status: _, ...session } = answer;
        return withDates<PairedDevice>(session);
      }
      if (answer?.status === 'denied' || answer?.status === 'expired')
        throw failure(answer.status, { status: answer.status });
      if (answer?.status === 'slowDown') usual += SLOWER;
      next = answer ? usual : Math.max(usual, Math.min(next * 2, LONGEST_WAIT));
    }
  }

  return new Promise((resolve, reject) => {
    const abort = () => {
      cancel?.();
      reject(signal!.reason ?? new Error('pairDevice: aborted.'));
    };
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort);
    pair()
      .then(resolve, reject)
      .finally(() => signal?.removeEventListener('abort', abort));
  });
}

const failure = (text: string, more: Pick<PairingError, 'code' | 'status'>): PairingError =>
  Object.assign(new Error(`pairDevice: ${text}`), more);
