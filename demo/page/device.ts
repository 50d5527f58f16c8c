import type { EndedSession } from '../../src/client';
import { serverURL, settings } from './parse';

/** A simulated device: it has a token and no SDK. Whatever else runs in the page does not get at the token. */
export class Device {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** @throws what the server refuses with: an error with its `code` */
  send<T = { objectId: string }>(method: string, path: string, body?: object): Promise<T> {
    return send<T>(method, path, body, { 'X-Parse-Session-Token': this.#token });
  }

  /** Why its session is over, for a device whose token is refused with 209. No session is needed to ask. */
  async whyEnded(): Promise<EndedSession | null> {
    const { result } = await send<{ result: EndedSession | null }>('POST', '/functions/endedSession', {
      sessionToken: this.#token,
    });
    return result && { ...result, endedAt: new Date(result.endedAt) };
  }
}

async function send<T>(method: string, path: string, body?: object, session?: Record<string, string>) {
  const response = await fetch(serverURL + path, {
    method,
    headers: { 'X-Parse-Application-Id': settings.appId, 'Content-Type': 'application/json', ...session },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error), { code: answer.code });
  return answer as T;
}
