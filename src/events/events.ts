import type { Device } from '../device';
import { plainName } from '../in-messages';
import type { Logger } from '../parse-server';
import type { Places } from '../places/places';
import type { Refused } from '../policy/decision';
import { Counters } from './counters';
import { NewestBlocked } from './newest-blocked';

/** Why a session was revoked. */
export type RevokeReason =
  | 'logout'
  | 'revoked'
  | 'sameInstallation'
  | 'passwordChange'
  | 'factorChange'
  | 'limit'
  | 'invalidated'
  | 'reported'
  | 'userLocked'
  | 'userDeleted'
  | 'orphan';

export type BlockedOperation = 'create' | 'read' | 'update' | 'delete' | 'call' | 'subscribe' | 'request';

interface OfSession {
  sessionId: string;
  /** `null` for a session that is not bound to a user. */
  userId: string | null;
}

/**
 * How Parse Server made a session; its provider is `masterkey` for a log-in by support (`/loginAs`). `null` after a
 * change of the password, and for a session that the master key saved.
 */
type CreatedWith = { action?: string; authProvider?: string } | null;

/** What each event tells: ids only, never a token, a secret or a password. */
export interface SessionEvents {
  /** A session was made. */
  created: OfSession & { restricted: boolean; createdWith: CreatedWith };
  /** A session was ended before its time. */
  revoked: OfSession & { reason: RevokeReason };
  /** The purge removed a session that had expired. */
  expired: OfSession;
  /**
   * A session was refused something: to create, read, update or delete objects of the class `target` (`@File` for
   * files), to call the function, to subscribe to the class, or to request that part of the REST API.
   */
  blocked: OfSession & { operation: BlockedOperation; target: string };
  /** The first session of this user from this browser or app, operating system and IP network, of whatever version. */
  newDevice: OfSession & {
    device: Device;
    ip: string | null;
    /** As the option `locate` tells; `null` where it is not known within 5 seconds. */
    place: string | null;
    createdWith: CreatedWith;
    /** Whether the user signed up with this session: with a password, by `authData`, or as an anonymous user. */
    signUp: boolean;
  };
  /** A session is used from another IP address than before. */
  addressChanged: OfSession & {
    previousIp: string;
    ip: string;
    previousPlace: string | null;
    place: string | null;
  };
}

/** The places of an event's addresses are found when it is told. */
type Untold<Name extends SessionEvent> = Omit<SessionEvents[Name], 'place' | 'previousPlace'>;

export type SessionEvent = keyof SessionEvents;
const EVENTS: readonly SessionEvent[] = [
  'created',
  'revoked',
  'expired',
  'blocked',
  'newDevice',
  'addressChanged',
];

export type SessionListener<Name extends SessionEvent> = (payload: SessionEvents[Name]) => unknown;

/**
 * Tells the app's listeners what happens to sessions. No request waits for a listener, or fails because of one.
 */
export class SessionEmitter {
  private readonly listeners = new Map<SessionEvent, Set<SessionListener<never>>>();
  /** What sessions were refused last, whether anybody listens or not. */
  readonly newestBlocked = new NewestBlocked();
  /** What has happened, whether anybody listens or not. */
  readonly counters = new Counters();

  /** @param log the server's; none before it has started. */
  constructor(
    private readonly log: () => Pick<Logger, 'error'> | undefined,
    private readonly places: Pick<Places, 'find'>,
  ) {}

  /**
   * Calls the listener with each such event of this process.
   * @returns a function that removes the listener.
   * @throws TypeError for an unknown event or a listener that is no function.
   */
  on<Name extends SessionEvent>(name: Name, listener: SessionListener<Name>): () => void {
    if (!EVENTS.includes(name) || typeof listener !== 'function') {
      throw new TypeError(`on() takes the name of an event (${EVENTS.join(', ')}) and a function.`);
    }
    const listeners = this.listeners.get(name) ?? new Set();
    listeners.add(listener as SessionListener<never>);
    this.listeners.set(name, listeners);
    return () => listeners.delete(listener as SessionListener<never>);
  }

  has(name: SessionEvent): boolean {
    return (this.listeners.get(name)?.size ?? 0) > 0;
  }

  report(failure: string): void {
    this.log()?.error(`parse-server-sessions: ${failure}`);
  }

  /** Emits that a session was refused something, and counts it. */
  blocked(
    { objectId, userId }: { objectId: string; userId: string | null },
    operation: BlockedOperation,
    name: string,
    because: Refused = 'restricted',
  ): void {
    this.counters.hasBlocked(because);
    const payload = { sessionId: objectId, userId, operation, target: plainName(name) };
    this.newestBlocked.add({ ...payload, at: new Date() });
    this.emit('blocked', payload);
  }

  emit<Name extends SessionEvent>(name: Name, payload: Untold<Name>): void {
    for (const listener of this.listeners.get(name) ?? []) {
      // Each listener runs later and by itself, outside of the request.
      setImmediate(() => {
        this.withPlaces(payload)
          .then(told => (listener as SessionListener<never>)(told as never))
          .catch(error => this.report(`a listener of "${name}" failed: ${(error as Error)?.message}`));
      });
    }
  }

  private async withPlaces(payload: object): Promise<object> {
    const told: Record<string, unknown> = { ...payload };
    const { ip, previousIp } = payload as { ip?: string | null; previousIp?: string };
    if (previousIp !== undefined) told.previousPlace = await this.places.find(previousIp);
    if (ip !== undefined) told.place = await this.places.find(ip);
    return told;
  }
}
