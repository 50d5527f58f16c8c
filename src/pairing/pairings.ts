import { clientOf } from '../address';
import type { AttemptLimit, Attempts } from '../attempts/attempts';
import { deviceOf } from '../device';
import { ErrorCode, notFoundError, parseError } from '../errors';
import { isExpired } from '../expiry/lifetime';
import { textOf } from '../in-messages';
import type { Database, Query, Row } from '../parse-server';
import type { Places } from '../places/places';
import { isWithin } from '../policy/scopes';
import type { WriteRules } from '../policy/writes';
import { toDate, toParseDate, type SessionRecord } from '../record';
import { createOnce, PAIRING_CLASS, type OwnClasses } from '../schema/own-class';
import { requireClasses } from '../sessions/restricted';
import type { SessionStore } from '../sessions/store';
import { sha256 } from '../sha256';
import { updateIf } from '../update-if';
import { lettersOf, newDeviceCode, newUserCode } from './codes';
import type {
  PairingOptions,
  Asker,
  PairingWish,
  PairingGift,
  StartedPairing,
  PairingRequest,
  PairingAnswer,
} from './pairing';
import { forgetOldPairings, PAIRINGS, type PairingStatus } from './pairing-class';

/** How long a device waits between two questions, in seconds (RFC 8628, 3.2). */
const INTERVAL_S = 5;
/** A network may bring a question nearer to the one before. */
const JITTER_MS = 500;

const MINUTE_MS = 60_000;
/** Codes that one address may have made, and that all may have. */
const STARTS = { attempts: 10, within: MINUTE_MS };
const STARTS_OF_ALL = { attempts: 3000, within: MINUTE_MS };
/** Codes that a user, an address and all may name without one that there is (RFC 8628, 5.1). */
const GUESSES = { attempts: 10, within: 15 * MINUTE_MS };
const GUESSES_FROM_ONE = { attempts: 30, within: 15 * MINUTE_MS };
const GUESSES_OF_ALL = { attempts: 1000, within: 15 * MINUTE_MS };

interface Dependencies {
  database: Database;
  ownClasses: Pick<OwnClasses, 'ensure'>;
  attempts: Attempts;
  places: Pick<Places, 'known'>;
  store: SessionStore;
  writeRules: Pick<WriteRules, 'isGuarded'>;
  now(): Date;
}

const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);
const listOrNull = (value: unknown) => (Array.isArray(value) ? (value as string[]) : null);

/**
 * Devices without a keyboard get sessions: one shows a code, its owner allows it, and it collects a restricted session,
 * once. By the steps of RFC 8628, whose "device flow" this is.
 */
export class Pairings {
  constructor(
    private readonly options: PairingOptions,
    private readonly parts: Dependencies,
  ) {}

  /** @throws 142 for scopes that no pairing may get, 155 where too many codes were made. */
  async start(wish: PairingWish, asker: Asker): Promise<StartedPairing> {
    const { database, attempts, ownClasses, now } = this.parts;
    const scopes = wish.scopes ?? this.options.scopes;
    this.requireWithin(scopes ?? null, this.options.scopes ?? null, 'no pairing may get it');
    await attempts.countAll([
      [`startPairing from ${addressKey(asker)}`, STARTS],
      ['startPairing', STARTS_OF_ALL],
    ]);
    await ownClasses.ensure(PAIRINGS);
    await forgetOldPairings(database, now());
    const deviceCode = newDeviceCode();
    const { verificationUri, expiresIn } = this.options;
    const at = now();
    const row: Row = {
      deviceCodeHash: sha256(deviceCode),
      status: 'pending' satisfies PairingStatus,
      expiresAt: toParseDate(new Date(at.getTime() + expiresIn)),
      createdAt: at.toISOString(),
      updatedAt: at.toISOString(),
    };
    const asked = { ...wish, scopes, ip: asker.ip, userAgent: asker.userAgent };
    for (const [key, value] of Object.entries(asked)) if (value !== undefined) row[key] = value;
    for (;;) {
      const userCode = newUserCode();
      const objectId = sha256(lettersOf(userCode));
      if (!(await createOnce(database, PAIRING_CLASS, { ...row, objectId }))) continue;
      return {
        deviceCode,
        userCode,
        verificationUri,
        verificationUriComplete: `${verificationUri}#userCode=${userCode}`,
        expiresIn: Math.floor(expiresIn / 1000),
        interval: INTERVAL_S,
      };
    }
  }

  /** @throws 101 for a code that is unknown, over, or judged already; 155 after too many of those. */
  async request(userCode: string, userId: string, asker: Asker): Promise<PairingRequest> {
    const row = await this.pending(userCode, userId, asker);
    const ip = textOrNull(row.ip);
    return {
      name: textOrNull(row.name),
      scopes: listOrNull(row.scopes),
      device: deviceOf(textOrNull(row.userAgent)),
      ip,
      place: this.parts.places.known(ip),
      createdAt: toDate(row.createdAt)!.toISOString(),
    };
  }

  /** @param approver his session. @throws 101 and 155 as {@link request}, 142 for scopes that were not asked for. */
  async approve(userCode: string, gift: PairingGift, approver: SessionRecord, asker: Asker): Promise<void> {
    const userId = approver.userId!;
    const row = await this.pending(userCode, userId, asker);
    const asked = listOrNull(row.scopes);
    const scopes = gift.scopes ?? asked ?? undefined;
    this.requireWithin(scopes ?? null, asked, 'the device has not asked for it');
    await requireClasses(scopes ?? [], this.parts.database);
    const given = {
      userId,
      sessionId: approver.objectId,
      tokenHash: sha256(approver.sessionToken),
      givenName: gift.name ?? textOrNull(row.name) ?? undefined,
      givenScopes: scopes,
      givenTime: gift.expiresIn,
    };
    await this.judge(row, 'approved', given);
  }

  /** @throws 101 and 155 as {@link request}. */
  async deny(userCode: string, userId: string, asker: Asker): Promise<void> {
    await this.judge(await this.pending(userCode, userId, asker), 'denied', {});
  }

  /**
   * Answers a device, and makes its session once it is allowed. Not before: one that is never collected would be there for
   * nobody.
   */
  async complete(deviceCode: string, { ip, userAgent }: Asker): Promise<PairingAnswer> {
    const { database, ownClasses, now } = this.parts;
    await ownClasses.ensure(PAIRINGS);
    const [row] = await database.find(PAIRING_CLASS, { deviceCodeHash: sha256(deviceCode) }, { limit: 1 });
    const at = now();
    if (!row || toDate(row.expiresAt)! <= at) return { status: 'expired' };
    const before = toParseDate(new Date(at.getTime() - INTERVAL_S * 1000 + JITTER_MS));
    const isDue = { $or: [{ polledAt: null }, { polledAt: { $lte: before } }] };
    const inTime = await this.change(row, isDue, { polledAt: toParseDate(at) });
    if (!inTime) return { status: 'slowDown' };
    const status = row.status as PairingStatus;
    if (status === 'collected') return { status: 'expired' };
    if (status !== 'approved') return { status };
    return this.collect(row, { ip, userAgent });
  }

  /** The pairing that a user may judge. Each code that names none counts, however it is spelt. */
  private async pending(userCode: string, userId: string, asker: Asker): Promise<Row> {
    const { database, attempts, ownClasses, now } = this.parts;
    const guesses: Array<[what: string, limit: AttemptLimit]> = [
      [`pairing codes of the user ${userId}`, GUESSES],
      [`pairing codes from ${addressKey(asker)}`, GUESSES_FROM_ONE],
      ['pairing codes', GUESSES_OF_ALL],
    ];
    await attempts.countAll(guesses);
    await ownClasses.ensure(PAIRINGS);
    const query = {
      objectId: sha256(lettersOf(userCode)),
      status: 'pending' satisfies PairingStatus,
      expiresAt: { $gt: toParseDate(now()) },
    };
    const [row] = await database.find(PAIRING_CLASS, query, { limit: 1 });
    if (!row) throw notFoundError();
    await attempts.giveBack(guesses.map(([what]) => what));
    return row;
  }

  /** Of several judgements at the same time the first one counts. */
  private async judge(row: Row, status: PairingStatus, given: Row): Promise<void> {
    const data = Object.fromEntries(
      Object.entries({ ...given, status }).filter(([, value]) => value !== undefined),
    );
    const query = { status: 'pending', expiresAt: { $gt: toParseDate(this.parts.now()) } };
    if (!(await this.change(row, query, data))) throw notFoundError();
  }

  /** Makes the session: of several questions at the same time the first one gets it. */
  private async collect(row: Row, device: Pick<Asker, 'ip' | 'userAgent'>): Promise<PairingAnswer> {
    const { store, now } = this.parts;
    const [approver] = await store.records({ objectId: row.sessionId });
    const isLive =
      approver?.userId === row.userId &&
      sha256(approver?.sessionToken ?? '') === row.tokenHash &&
      !approver?.restricted &&
      approver?.invalidatedAt === null &&
      !isExpired(approver, now());
    if (!approver || !isLive) return { status: 'expired' };
    if (!(await this.change(row, { status: 'approved' }, { status: 'collected' })))
      return { status: 'expired' };
    const { userId, givenName, givenScopes, givenTime, installationId } = row;
    const given = {
      name: givenName,
      scopes: givenScopes,
      expiresIn: typeof givenTime === 'number' ? givenTime / 1000 : undefined,
      installationId,
    };
    try {
      return {
        status: 'approved',
        session: await store.createRestricted(String(userId), given, approver, device),
      };
    } catch (error) {
      const { code } = error as { code?: unknown };
      // The approver's session has ended meanwhile.
      if (code === ErrorCode.INVALID_SESSION_TOKEN) return { status: 'expired' };
      // The user has as many sessions as he may have, say. He may end one, and the device ask again.
      await this.change(row, { status: 'collected' }, { status: 'approved' });
      throw error;
    }
  }

  private change(row: Row, condition: Query, data: Row): Promise<boolean> {
    const { objectId, deviceCodeHash } = row;
    return updateIf(this.parts.database, PAIRING_CLASS, { objectId, deviceCodeHash, ...condition }, data);
  }

  /** @throws 142 for a scope that is not among these. `null`: any is. */
  private requireWithin(scopes: readonly string[] | null, most: readonly string[] | null, why: string): void {
    const { isGuarded } = this.parts.writeRules;
    const index = most ? (scopes ?? []).findIndex(scope => !isWithin(scope, most, isGuarded)) : -1;
    if (index < 0) return;
    throw parseError(ErrorCode.VALIDATION_ERROR, `scopes.${index}: "${textOf(scopes![index]!)}": ${why}.`);
  }
}

const addressKey = ({ address }: Asker) => (address ? clientOf(address) : 'nowhere');
