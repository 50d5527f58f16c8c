import type { Mark } from '../activity/marks';
import { invalidSessionError } from '../errors';
import type { Auth, Database, Row, ServerConfig, ServerResponse } from '../parse-server';
import { isScopedToken } from '../policy/scopes';
import type { SessionRecord } from '../record';
import type { Runtime } from '../runtime';
import type { Transaction } from '../sessions/transaction';
import type { Caller } from './caller';
import { CreatedSessions } from './created-sessions';
import type { Origin } from './origin';
import { PastGate } from './past-gate';
import { readRoles } from './roles';

/** What a door knows of a request beside its caller. */
interface Entry {
  /** As Parse Server resolved it; absent for the SDK in cloud code. */
  auth?: Auth;
  origin?: Origin;
  /** Where the answer goes; absent for the SDK in cloud code, whose door corrects the answer itself. */
  response?: ServerResponse;
}

/** A change of a password ends all sessions of the user, and makes a new one for the client that asks. */
interface PasswordChange {
  /** How many revocations of users there were before it (`Revocations#userRevocations`). */
  since: number;
  /** Whether it has ended the session that asks itself. Somebody else may have revoked it before. */
  hasEndedOwn?: boolean;
}

/** A user whom a request has signed up. */
interface NewUser {
  /** `undefined` once it may have changed. */
  anonymous: boolean | undefined;
  hasSession: boolean;
}

/** One request at the gate: who sent it, and what the rules have learnt of it so far. */
export class Visit {
  readonly isScoped: boolean;
  /** The batch transaction that is open on this request's database. */
  transaction?: Transaction;
  /** Sessions that this request created, for its answer. */
  created?: CreatedSessions;
  private users?: Map<string, NewUser>;
  private ends?: Set<number>;
  private endings?: Map<string, () => Promise<void>>;
  /** The change of a password that this request makes. */
  passwordChange?: PasswordChange;
  private session?: SessionRecord;
  private past?: PastGate;
  private tokens?: Set<string>;
  private line?: string[];

  constructor(
    readonly runtime: Runtime,
    readonly database: Database,
    readonly caller: Caller,
    readonly entry: Entry = {},
  ) {
    this.isScoped =
      caller.kind === 'session'
        ? isScopedToken(caller.token)
        : caller.kind === 'unknown' && caller.mayBeScoped === true;
  }

  /** Whether no door has made this visit. */
  get isPastDoors(): boolean {
    return this.caller.kind === 'unknown' && this.entry.response === undefined;
  }

  /** Whether the server itself acts: with the master key, or in a request that no door has seen. */
  get isServer(): boolean {
    return this.caller.kind === 'master' || this.caller.kind === 'unknown';
  }

  get isReadOnly(): boolean {
    return this.caller.kind === 'master' && this.caller.readOnly;
  }

  /**
   * The caller's session. It stays the same for the whole request: one that changes the password ends its own
   * session, and goes on to make a new one. No promise where the session is known.
   * @throws 209 when the session is over, or not that of the request's user.
   */
  ownSession(): SessionRecord | Promise<SessionRecord> {
    if (this.session) return this.session;
    const { token } = this.sessionCaller();
    const known = this.runtime.callers.known(token);
    return known ? this.settle(known) : this.runtime.callers.live(token).then(found => this.settle(found));
  }

  /**
   * The caller's session, looked up again. In an open transaction it is not: the look-up would wait for another
   * connection.
   * @throws 209 as {@link ownSession}.
   */
  async ownSessionNow(): Promise<SessionRecord> {
    if (this.transaction) return this.ownSession();
    const { token } = this.sessionCaller();
    if (this.makers.length === 1) return this.settle(await this.runtime.callers.live(token));
    if (await this.makersAreGone(this.runtime.database)) throw invalidSessionError();
    return this.ownSession();
  }

  /** Whether Parse Server has let the caller in without a look at the session, as for `GET /sessions/me`. */
  get isUnproven(): boolean {
    return this.caller.kind === 'session' && this.entry.response !== undefined && !this.entry.auth;
  }

  /** The caller's session, if this request has looked it up. */
  get knownSession(): SessionRecord | undefined {
    return this.session;
  }

  /** The same as {@link ownSession}, though its time may be over. */
  async ownSessionOrExpired(): Promise<SessionRecord> {
    return this.settle(await this.runtime.callers.find(this.sessionCaller().token));
  }

  /** The same, read from the database again: another process may have changed it. */
  async ownSessionReread(): Promise<SessionRecord> {
    this.runtime.callers.forget(this.sessionCaller().token);
    return this.ownSessionNow();
  }

  /** The request's database, past the gate. */
  get pastGate(): PastGate {
    return (this.past ??= new PastGate(this.database));
  }

  /** Sets the caller's session, without a look-up. */
  assume(session: SessionRecord): void {
    this.session = session;
  }

  /** Tokens that this client may see and ask for: its own, and those of sessions that this very request made. */
  get ownTokens(): Set<string> {
    return (this.tokens ??= new Set(this.caller.kind === 'session' ? [this.caller.token] : []));
  }

  /** Whether this request has signed the user up, and made no session for him yet. From now on it has. */
  isFirstSessionOf(userId: string | null): boolean {
    const user = this.signedUp.get(userId ?? '');
    if (!user || user.hasSession) return false;
    user.hasSession = true;
    return true;
  }

  /**
   * The token of the caller's session, and those of sessions that this request has made in its place. Sessions are
   * made from them.
   */
  get makers(): string[] {
    return (this.line ??= this.caller.kind === 'session' ? [this.caller.token] : []);
  }

  /**
   * The users whom this request has signed up, by their ids. In a transaction nobody could read their rows yet.
   */
  get signedUp(): Map<string, NewUser> {
    return (this.users ??= new Map());
  }

  /** The ends that Parse Server has given to sessions in this request, as times. */
  get givenEnds(): Set<number> {
    return (this.ends ??= new Set());
  }

  /** What follows once the client is told of the session that an upgrade has made, by its token. */
  get upgrades(): Map<string, () => Promise<void>> {
    return (this.endings ??= new Map());
  }

  /** Whether none of {@link makers} is there any more. */
  async makersAreGone(rows: Pick<Database, 'find'>): Promise<boolean> {
    for (;;) {
      const makers = [...this.makers];
      const query = { sessionToken: { $in: makers } };
      if ((await rows.find('_Session', query, { count: true })) > 0) return false;
      // Another part of the same batch may have renewed the last of them meanwhile.
      if (this.makers.length === makers.length) return true;
    }
  }

  /** Marks the caller's session as used. A call of the SDK in cloud code has no origin, and does not count. */
  touch(): void {
    const { caller, runtime } = this;
    const { origin } = this.entry;
    if (caller.kind === 'session' && origin) runtime.activity?.mark(caller.token, markOf(origin, runtime));
  }

  /** The user's id and roles, for class-level permissions. `undefined` where the server itself acts. */
  async aclGroup(): Promise<string[] | undefined> {
    if (this.isServer) return undefined;
    const { auth } = this.entry;
    if (auth) return auth.user ? ['*', ...(await auth.getUserRoles()), auth.user.id as string] : ['*'];
    if (this.caller.kind !== 'session') return ['*'];
    // A call of the SDK: as a rule Parse Server has just left the user's roles in its cache.
    const { userId } = await this.ownSession();
    if (userId === null) return ['*'];
    const cached = await this.runtime.config.cacheController.role.get(userId);
    return ['*', ...(cached ?? (await readRoles(userId, this.pastGate))), userId];
  }

  /** Notes that the client created this session. The answer must show it as it is stored. */
  show(stored: Row): void {
    const { response } = this.entry;
    this.created ??= response ? CreatedSessions.inAnswer(response) : new CreatedSessions();
    this.created.add(stored);
  }

  private sessionCaller(): Extract<Caller, { kind: 'session' }> {
    if (this.caller.kind !== 'session') throw invalidSessionError();
    return this.caller;
  }

  private settle(session: SessionRecord | null): SessionRecord {
    const { userId } = this.sessionCaller();
    if (!session || (userId !== undefined && session.userId !== userId)) throw invalidSessionError();
    return (this.session = session);
  }
}

const markOf = ({ ip, userAgent }: Origin, { now }: Runtime): Mark => ({ at: now(), ip, userAgent });

/** Where a controller keeps its visit: each request has a controller of its own. */
const VISIT = Symbol('parse-server-sessions.visit');
type Visited = Database & { [VISIT]?: Visit };

export function enter(visit: Visit): Visit {
  return ((visit.database as Visited)[VISIT] = visit);
}

export const visitOf = (database: Database): Visit | undefined => (database as Visited)[VISIT];

/** The open transaction of the request that a configuration belongs to; `undefined` when there is none. */
export const transactionOf = ({ database }: Pick<ServerConfig, 'database'>): Transaction | undefined =>
  visitOf(database)?.transaction;
