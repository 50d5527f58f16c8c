import type { EndedReason } from '../../client';

export type Named = { name: string };
export type Device = { device: string };
export type Count = { count: number };

const REASONS: Record<`reason.${EndedReason}`, string> = {
  'reason.logout': 'Signed out there',
  'reason.revoked': 'Signed out from another device',
  'reason.sameInstallation': 'Signed in again on the same device',
  'reason.passwordChange': 'The password was changed',
  'reason.factorChange': 'The way to sign in was changed',
  'reason.limit': 'Signed in on too many devices',
  'reason.invalidated': 'Signed out by the operator',
  'reason.reported': 'Reported: it was somebody else',
  'reason.userLocked': 'The account was locked',
  'reason.userDeleted': 'The account was deleted',
  'reason.orphan': 'The account was deleted',
  'reason.expired': 'Expired',
};

/** What every page says. */
export const en = {
  // A session
  on: ({ app, system }: { app: string; system: string }) => `${app} on ${system}`,
  unknownDevice: 'Unknown device',
  unknownApp: 'An app',
  'kind.desktop': 'Computer',
  'kind.mobile': 'Phone',
  'kind.tablet': 'Tablet',
  'kind.tv': 'Television',
  'kind.bot': 'Program',
  'kind.unknown': 'Device',
  lastActive: 'Last active',
  notUsed: 'Not used yet',
  signedIn: 'Signed in',
  expires: 'Expires',
  never: 'Never',
  place: 'Place',
  approximate: 'approximate, from the IP address',
  address: 'IP address',
  how: 'Signed in by',
  byPassword: 'Password',
  bySignUp: 'Creating the account',
  byGuest: 'As a guest',
  byOperator: 'The operator, for the user',
  byDevice: 'Another device of the user',
  limited: 'Limited',
  limitedTo: 'It may only:',
  limitedToAll: 'It may not change the account.',

  // Scopes
  scopeCreate: ({ name }: Named) => `add ${name}`,
  scopeRead: ({ name }: Named) => `read ${name}`,
  scopeUpdate: ({ name }: Named) => `change ${name}`,
  scopeDelete: ({ name }: Named) => `delete ${name}`,
  scopeEverything: ({ name }: Named) => `do everything with ${name}`,
  scopeFunction: ({ name }: Named) => `call ${name}`,
  scopeReadAll: 'read all data that is not protected',
  files: 'files',

  // The end of a session
  ...REASONS,
  endedBy: ({ device }: Device) => `by ${device}`,

  // Dialogs, and what goes wrong
  cancel: 'Cancel',
  close: 'Close',
  failed: ({ why }: { why: string }) => `That did not work: ${why}`,
  offline: 'No connection to the server. What you see may be old.',
  noAnswer: 'there is no connection to the server.',
  retry: 'Try again',
};

export type CommonWords = typeof en;
