import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorCode } from '../errors';
import { CommandError, EXIT } from './failure';

/** How often a job is asked how far it is, in milliseconds. */
const ASK_EVERY_MS = 500;
/** How often in a row, at most, without news. A job whose process dies runs for ever, as Parse Server tells it. */
const MAX_ASKS = (10 * 60_000) / ASK_EVERY_MS;

/** Which Parse Server the commands speak to. */
export interface Target {
  serverUrl: string;
  appId: string;
  masterKey: string;
  /** The option `functionPrefix` of that server. */
  functionPrefix: string;
}

/** What Parse Server answered that is no success. */
export class ServerError extends Error {
  constructor(
    readonly status: number,
    readonly code: number | undefined,
    message: string,
  ) {
    super(message);
  }
}

/** The REST API of a Parse Server, as the holder of the master key uses it. */
export class Server {
  constructor(private readonly target: Target) {}

  /** Calls a cloud function of this package. @throws CommandError where the server does not have it. */
  async call<Result>(name: string, params: object = {}): Promise<Result> {
    try {
      const { body } = await this.request<{ result: Result }>(
        'POST',
        `/functions/${this.target.functionPrefix}${name}`,
        params,
      );
      return body.result;
    } catch (error) {
      if (isUnknown('function', error)) throw notMounted(name);
      throw error;
    }
  }

  /** Whether the server has the functions of this package. */
  async isMounted(): Promise<boolean> {
    try {
      await this.call('sessionStats');
      return true;
    } catch (error) {
      if (error instanceof CommandError && error.exitCode === EXIT.notMounted) return false;
      throw error;
    }
  }

  /**
   * Runs a job of this package, and waits for its end.
   * @param progress hears the job's message as often as it changes.
   * @returns what the job answered.
   * @throws CommandError when it fails, answers nothing of this package, or tells nothing new for ten minutes.
   */
  async runJob<Result>(name: string, params: object, progress: (message: string) => void): Promise<Result> {
    const job = `${this.target.functionPrefix}${name}`;
    const { headers } = await this.request('POST', `/jobs/${job}`, params).catch(error => {
      throw isUnknown('job', error) ? notMounted(name) : error;
    });
    const id = headers.get('X-Parse-Job-Status-Id');
    if (!id) throw new CommandError(`Parse Server started ${job}, and did not say how to follow it.`);
    let told = '';
    for (let asks = 0; asks < MAX_ASKS; asks += 1) {
      const { body } = await this.request<{ status: string; message?: string }>(
        'GET',
        `/classes/_JobStatus/${encodeURIComponent(id)}`,
      );
      const { status, message = '' } = body;
      if (status === 'succeeded') return resultOf<Result>(job, message);
      if (status === 'failed') throw new CommandError(`The job ${job} failed: ${message}`);
      if (message !== told) {
        progress((told = message));
        asks = 0;
      }
      await sleep(ASK_EVERY_MS);
    }
    throw new CommandError(
      `The job ${job} has told nothing new for ten minutes. It goes on, or its process has died: ` +
        `_JobStatus ${id} may tell.`,
    );
  }

  /**
   * Sends a request.
   * @throws ServerError for an answer that is no success, CommandError where nobody answers as Parse Server does.
   */
  async request<Body = unknown>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<{ body: Body; headers: Headers }> {
    const { serverUrl, appId, masterKey } = this.target;
    const response = await fetch(`${serverUrl.replace(/\/+$/, '')}${path}`, {
      method,
      // Somewhere else nobody is to get the key.
      redirect: 'error',
      headers: {
        'X-Parse-Application-Id': appId,
        'X-Parse-Master-Key': masterKey,
        'Content-Type': 'application/json',
      },
      ...(body && { body: JSON.stringify(body) }),
    }).catch(error => {
      throw new CommandError(`${serverUrl} does not answer: ${reasonOf(error)}.`);
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok && answer) return { body: answer as Body, headers: response.headers };
    const { code, error, message } = Object(answer) as { code?: number; error?: string; message?: string };
    // With a wrong key Parse Server takes the caller of a function for nobody.
    if ([401, 403].includes(response.status) || code === ErrorCode.INVALID_SESSION_TOKEN)
      throw refusedKey(error);
    if (!answer)
      throw new CommandError(`${serverUrl} answers ${response.status}, and not as Parse Server does.`);
    throw new ServerError(response.status, code, error ?? message ?? String(response.status));
  }
}

/** A job tells its answer in its last message. */
function resultOf<Result>(job: string, message: string): Result {
  try {
    const result: unknown = JSON.parse(message);
    if (typeof result === 'object' && result !== null) return result as Result;
  } catch {
    // It is no JSON.
  }
  throw new CommandError(`The job ${job} has ended, and what it answered is not known: see its _JobStatus.`);
}

/** `fetch` says little: the cause has why. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: Error & { code?: string } };
  return cause?.code ?? cause?.message ?? message;
}

const refusedKey = (said = 'unauthorized') =>
  new CommandError(
    `Parse Server refused the key or the app id (${said}). It takes the master key only from ` +
      'the addresses in masterKeyIps, which by default are those of its own machine.',
  );

/** Whether Parse Server does not have what was called. */
const isUnknown = (kind: 'function' | 'job', error: unknown) =>
  error instanceof ServerError && error.code === 141 && error.message.startsWith(`Invalid ${kind}`);

const notMounted = (name: string) =>
  new CommandError(
    `This Parse Server does not have ${name}: it runs without parse-server-sessions, or with a functionPrefix ` +
      '(--function-prefix).',
    EXIT.notMounted,
  );
