import type { Load, LoadRequest } from './load';
import { APP_ID } from './server';

export const OPERATIONS = ['creates', 'updates', 'gets'] as const;
export type Operation = (typeof OPERATIONS)[number];

const KEPT = 400;

/** Requests of sessions for objects of one class, without any rule of the app's. */
export class Notes {
  private ids: string[] = [];
  private counter = 0;

  /** @param tokens those of the sessions, which take turns. */
  private constructor(
    private readonly load: Load,
    private readonly url: string,
    private readonly tokens: readonly string[],
    private readonly userAgent: string,
  ) {}

  /** Makes what is updated and read. */
  static async open(load: Load, url: string, tokens: readonly string[], userAgent = 'bench'): Promise<Notes> {
    const notes = new Notes(load, url, tokens, userAgent);
    const created = await load.run(
      url,
      Array.from({ length: KEPT }, () => notes.request('creates')),
    );
    notes.ids = (created.answers as { objectId: string }[]).map(({ objectId }) => objectId);
    return notes;
  }

  readonly send = async (operation: Operation, count: number): Promise<void> => {
    await this.load.run(
      this.url,
      Array.from({ length: count }, () => this.request(operation)),
    );
  };

  private request(operation: Operation): LoadRequest {
    const counter = ++this.counter;
    const headers = {
      'X-Parse-Application-Id': APP_ID,
      'X-Parse-Session-Token': this.tokens[counter % this.tokens.length]!,
      'User-Agent': this.userAgent,
    };
    const body = { counter, text: 'a note of some length', done: false };
    const path = `/classes/Note/${this.ids[counter % this.ids.length]}`;
    if (operation === 'creates') return { method: 'POST', path: '/classes/Note', headers, body };
    return operation === 'updates'
      ? { method: 'PUT', path, headers, body }
      : { method: 'GET', path, headers };
  }
}

/** @returns the token of a new user's session. */
export async function signUp(load: Load, url: string): Promise<string> {
  const { answers } = await load.run(url, [
    {
      method: 'POST',
      path: '/users',
      headers: { 'X-Parse-Application-Id': APP_ID },
      body: { username: 'bench', password: 'correct horse' },
    },
  ]);
  return (answers as [{ sessionToken: string }])[0].sessionToken;
}
