import type { ClientEndedSession, ClientSession } from '../../client';
import { withDates, type Json } from '../../client/dates';
import { withoutTurns } from '../shared/describe';
import { CONNECTION_FAILED, isOffline } from '../shared/errors';
import type { Settings } from '../shared/settings';
import type { Kind } from './words-en';

/** How often the server is asked how far a job is, in milliseconds. */
const POLL = 500;

/** The server's answer to a caller whom it takes for nobody: so it answers a wrong master key. */
const NO_SESSION = 209;

/** Parse's code of an error without one of its own. */
const OTHER_CAUSE = -1;

/** What is sent back to the server, and so must stay as it is. */
const IDS = new Set(['objectId', 'sessionId', 'userId', 'next']);

/** An answer without signs that turn the direction: names, programs and notes come from anybody. */
const parsed = (text: string) =>
  JSON.parse(text, (key, value) =>
    typeof value === 'string' && !IDS.has(key) ? withoutTurns(value) : value,
  );

/** What the server has answered, or that it has not. Never with the key in it. */
class ServerError extends Error {
  constructor(
    message: string,
    readonly code = OTHER_CAUSE,
  ) {
    super(message);
  }
}

export interface DayCount {
  /** `YYYY-MM-DD`, in UTC. */
  day: string;
  count: number;
}

export interface Blocked {
  at: Date;
  sessionId: string;
  userId: string | null;
  operation: string;
  target: string;
}

export interface Overview {
  readOnly: boolean;
  stats: Record<'total' | 'active' | 'expired' | 'restricted' | 'anonymous', number>;
  logIns: DayCount[];
  endings: Array<{ reason: string; count: number }>;
  expiries: DayCount[];
  blocked: Blocked[];
}

/** What the doctor has seen of one thing. */
export interface Finding {
  check: string;
  level: 'ok' | 'notice' | 'warning' | 'error';
  what: string;
  why: string;
  /** `null` where all is well. */
  todo: string | null;
  link: string;
}

export interface SearchParams {
  user?: string;
  ip?: string;
  kind?: Kind;
  sort?: string;
  order?: string;
}

export interface FoundSession extends ClientSession {
  userId: string | null;
  username: string | null;
}

export interface Found {
  results: FoundSession[];
  /** Where the next page begins; `null` after the last one. */
  next: string | null;
}

/** A session that is over, with what an operator has noted at its end. */
export interface EndedSession extends ClientEndedSession {
  note: string | null;
}

export interface Server {
  overview(days: number): Promise<Overview>;
  doctor(): Promise<Finding[]>;
  search(params: SearchParams, after: string | null): Promise<Found>;
  /** @returns `null` for a user without a name, and where there is none. */
  username(userId: string): Promise<string | null>;
  sessions(userId: string): Promise<ClientSession[]>;
  ended(userId: string, page: { limit: number; skip: number }): Promise<EndedSession[]>;
  signOut(objectId: string, note: string): Promise<void>;
  /** @returns how many sessions. */
  signOutAll(userId: string, note: string): Promise<number>;
  /**
   * Has the server do it, and follows it until its end.
   * @param tell is handed what the server says of its progress.
   * @returns the result; `null` once nobody waits for it any more. The job goes on then.
   */
  job<T>(
    name: string,
    params: Record<string, unknown>,
    tell: (message: string) => void,
    signal: AbortSignal,
  ): Promise<T | null>;
  /** Forgets the key. What is under way is called off, and nothing is sent any more. */
  close(): void;
  readonly isClosed: boolean;
}

/**
 * A client of Parse Server's REST API with the master key, which it alone knows.
 * @param onRefused called when the server does not take the key, before the call fails.
 * @throws TypeError for a text that can be no key.
 */
export function connect(
  { appId, serverURL, functionPrefix }: Settings,
  key: string,
  onRefused: () => void,
): Server {
  const headers = new Headers({
    'Content-Type': 'application/json',
    'X-Parse-Application-Id': appId,
    'X-Parse-Master-Key': key,
  });

  const closing = new AbortController();

  async function request(method: 'GET' | 'POST', path: string, body?: object) {
    if (closing.signal.aborted) throw new ServerError('', CONNECTION_FAILED);
    const response = await fetch(serverURL + path, {
      method,
      headers,
      body: body && JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit',
      // The key is for this server only.
      redirect: 'error',
      signal: closing.signal,
    }).catch(() => {
      throw new ServerError('', CONNECTION_FAILED);
    });
    const json = await response
      .text()
      .then(parsed)
      .catch(() => null);
    if (response.ok && json) return { json, headers: response.headers };
    if (response.status === 403 || json?.code === NO_SESSION) onRefused();
    throw new ServerError(json?.error ?? `HTTP ${response.status}`, json?.code);
  }

  const run = async (name: string, params: object) =>
    (await request('POST', `/functions/${functionPrefix}${name}`, params)).json.result;

  const server: Server = {
    close() {
      closing.abort();
      headers.delete('X-Parse-Master-Key');
    },

    get isClosed() {
      return closing.signal.aborted;
    },

    async overview(days) {
      const overview = await run('sessionOverview', { days });
      return {
        ...overview,
        blocked: overview.blocked.map((one: Json<Blocked>) => ({ ...one, at: new Date(one.at) })),
      };
    },

    async doctor() {
      return (await run('sessionDoctor', {})).findings;
    },

    async search(params, after) {
      const { results, next } = await run('searchSessions', { ...params, ...(after && { after }) });
      return { results: results.map((one: Json<FoundSession>) => withDates(one)), next };
    },

    async username(userId) {
      const where = encodeURIComponent(JSON.stringify({ objectId: userId }));
      const { json } = await request('GET', `/classes/_User?keys=username&limit=1&where=${where}`);
      return json.results[0]?.username ?? null;
    },

    async sessions(userId) {
      return (await run('listSessions', { userId })).map((one: Json<ClientSession>) => withDates(one));
    },

    async ended(userId, page) {
      const ended = await run('listEndedSessions', { userId, ...page });
      return ended.map((one: Json<EndedSession>) => withDates(one));
    },

    async signOut(objectId, note) {
      await run('revokeSession', { objectId, note });
    },

    async signOutAll(userId, note) {
      return (await run('revokeSessions', { userId, note })).revoked;
    },

    async job(name, params, tell, signal) {
      const started = await request('POST', `/jobs/${functionPrefix}${name}`, params);
      const id = started.headers.get('X-Parse-Job-Status-Id');
      while (!signal.aborted && !closing.signal.aborted) {
        const { status, message } = await statusOf(`/classes/_JobStatus/${id}`);
        if (status === 'succeeded') return JSON.parse(message!);
        if (status === 'failed') throw new ServerError(message ?? status);
        if (message) tell(message);
        await new Promise(resolve => setTimeout(resolve, POLL));
      }
      return null;
    },
  };

  /** The job goes on while the server cannot be reached. */
  async function statusOf(path: string): Promise<{ status?: string; message?: string }> {
    try {
      return (await request('GET', path)).json;
    } catch (error) {
      if (isOffline(error)) return {};
      throw error;
    }
  }

  return server;
}
