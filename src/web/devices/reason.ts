import type { EndedReason, EndedSession } from '../../client';

/** Why a session is over, for its user: what an operator has ended is told as such. */
export const reasonOf = ({ reason, by }: Pick<EndedSession, 'reason' | 'by'>): EndedReason =>
  reason === 'revoked' && by.kind === 'master' ? 'invalidated' : reason;
