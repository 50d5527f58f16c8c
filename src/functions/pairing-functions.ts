import { addressOf } from '../address';
import { invalidSessionError } from '../errors';
import { originOf } from '../gate/origin';
import type { Asker, PairingRequest, StartedPairing } from '../pairing/pairing';
import type { Pairings } from '../pairing/pairings';
import { readParams } from '../params';
import type { FunctionRequest } from '../parse-server';
import type { Privacy } from '../privacy/kept';
import type { SessionRecord } from '../record';
import { refuseReadOnly, type FunctionCaller, type FunctionCallers } from './function-callers';
import { PARAMS } from './params';
import type { CloudFunction } from './session-functions';

/** What the device gets once: its session. */
interface Approved {
  status: 'approved';
  objectId: string;
  sessionToken: string;
  scopes: readonly string[] | null;
  /** ISO 8601; `null`: it does not expire. */
  expiresAt: string | null;
}

/** The cloud functions that pair devices (RFC 8628): the device's half needs no session, the approver's half does. */
export function pairingFunctions(callers: FunctionCallers, pairings: Pairings, privacy: Privacy) {
  const askerOf = (request: FunctionRequest): Asker => {
    const { ip, userAgent } = originOf(request, privacy);
    return { ip, userAgent, address: addressOf(request.ip) };
  };
  /** A pairing is judged by one of the user's sessions, never by the master key. */
  const sessionOf = (caller: FunctionCaller): SessionRecord & { userId: string } => {
    if (caller.master) throw invalidSessionError();
    return { ...caller.session, userId: caller.userId };
  };

  return {
    async startPairing(request: FunctionRequest): Promise<StartedPairing> {
      refuseReadOnly(request);
      return pairings.start(readParams(PARAMS.startPairing, request.params), askerOf(request));
    },

    async pairingRequest(request: FunctionRequest): Promise<PairingRequest> {
      const { userId } = sessionOf(await callers.unrestricted(request));
      const { userCode } = readParams(PARAMS.byUserCode, request.params);
      return pairings.request(userCode, userId, askerOf(request));
    },

    async approvePairing(request: FunctionRequest): Promise<{ approved: true }> {
      const session = sessionOf(await callers.changing(request));
      const { userCode, ...given } = readParams(PARAMS.approvePairing, request.params);
      await pairings.approve(userCode, given, session, askerOf(request));
      return { approved: true };
    },

    async denyPairing(request: FunctionRequest): Promise<{ denied: true }> {
      const { userId } = sessionOf(await callers.changing(request));
      const { userCode } = readParams(PARAMS.byUserCode, request.params);
      await pairings.deny(userCode, userId, askerOf(request));
      return { denied: true };
    },

    async completePairing(
      request: FunctionRequest,
    ): Promise<{ status: 'pending' | 'slowDown' | 'denied' | 'expired' } | Approved> {
      refuseReadOnly(request);
      const { deviceCode } = readParams(PARAMS.byDeviceCode, request.params);
      const answer = await pairings.complete(deviceCode, askerOf(request));
      if (answer.status !== 'approved') return answer;
      const { objectId, sessionToken, scopes, expiresAt } = answer.session;
      const end = expiresAt?.toISOString() ?? null;
      return { status: 'approved', objectId, sessionToken, scopes, expiresAt: end };
    },
  } satisfies Record<string, CloudFunction>;
}
