import type { EndedReason } from '../../client';
import { en as common, type Count, type Device } from '../shared/words-en';

/** The kinds of sessions, each session of one of them. */
export const KINDS = ['authenticated', 'anonymous', 'restricted'] as const;
export type Kind = (typeof KINDS)[number];

type User = { user: string };
type Target = { target: string };

const number = (count: number) => count.toLocaleString('en');
const sessions = (count: number) => (count === 1 ? '1 session' : `${number(count)} sessions`);

/** Why a session is over, as an operator says it. */
const ENDED: Record<`ended.${EndedReason}`, string> = {
  'ended.logout': 'Signed out there',
  'ended.revoked': 'Signed out from elsewhere',
  'ended.sameInstallation': 'Signed in again on the same device',
  'ended.passwordChange': 'The password was changed',
  'ended.factorChange': 'The way to sign in was changed',
  'ended.limit': 'Signed in on too many devices',
  'ended.invalidated': 'Signed out by the server',
  'ended.reported': 'Reported: it was somebody else',
  'ended.userLocked': 'The account was locked',
  'ended.userDeleted': 'The account was deleted',
  'ended.orphan': 'There was no account any more',
  'ended.expired': 'Expired',
};

export const en = {
  ...common,

  // The page
  heading: 'Sessions',
  views: 'Views',
  'view.overview': 'Overview',
  'view.doctor': 'Check-up',
  'view.search': 'Search',
  'view.sign-out': 'Sign out by filter',
  'view.purge': 'Delete expired',
  loading: 'Loading…',
  refresh: 'Refresh',
  more: 'More',
  nobody: 'Nobody',
  notReached: 'No connection to the server.',

  // The key
  masterKey: 'Master key',
  masterKeyBody:
    'The key stays in the memory of this page: it is not stored, and a reload asks for it again. ' +
    'The read-only master key works, too.',
  unlock: 'Unlock',
  checking: 'Checking the key…',
  wrongKey:
    'The server does not take this key. Either it is wrong, or your address is not among those that Parse Server ' +
    'allows for it (the options masterKeyIps and readOnlyMasterKeyIps).',
  lock: 'Lock',
  forgotten: 'Locked after 15 minutes without use.',
  readOnly: 'Read-only key: you can look, not change',

  // Overview
  period: 'Period',
  days: ({ count }: Count) => (count === 1 ? '1 day' : `${number(count)} days`),
  'total.total': 'All sessions',
  'total.active': 'Active',
  'total.expired': 'Expired',
  'total.restricted': 'Limited',
  'total.anonymous': 'Of guests',
  byKind: 'Sessions by kind',
  'of.authenticated': 'With an account',
  'of.anonymous': 'Of guests',
  'of.restricted': 'Limited',
  logIns: 'Log-ins per day',
  expiries: 'Expiries ahead',
  inDays: ({ sum, count }: Count & { sum: number }) =>
    `${number(sum)} in the last ${number(count)} days (UTC)`,
  inNextDays: ({ sum, count }: Count & { sum: number }) =>
    `${number(sum)} in the next ${number(count)} days (UTC)`,
  asTable: 'Show as a table',
  day: 'Day',
  number: 'Number',
  endings: 'Why sessions ended',
  noEndings: 'None has ended, or no records are kept.',
  blocked: 'Blocked lately',
  blockedBody: 'The newest requests that sessions were refused, in this server process since it started.',
  noBlocked: 'None.',
  'operation.create': ({ target }: Target) => `Create ${target}`,
  'operation.read': ({ target }: Target) => `Read ${target}`,
  'operation.update': ({ target }: Target) => `Change ${target}`,
  'operation.delete': ({ target }: Target) => `Delete ${target}`,
  'operation.call': ({ target }: Target) => `Call ${target}`,
  'operation.subscribe': ({ target }: Target) => `Follow ${target}`,
  'operation.request': ({ target }: Target) => `Request ${target}`,
  something: 'something',
  ...ENDED,

  // Check-up
  doctorBody: 'What the server says of how its sessions are set up.',
  'level.ok': 'Well',
  'level.notice': 'Note',
  'level.warning': 'Warning',
  'level.error': 'Error',
  readOn: 'What to know of it',

  // Search
  userField: 'User: id, name or e-mail address, exactly',
  user: 'User',
  userId: 'User id:',
  userAgent: 'Program',
  device: 'Device',
  kind: 'Kind',
  anyKind: 'Any',
  sortBy: 'Sort by',
  'sort.lastAccessedAt': 'Last active',
  'sort.createdAt': 'Signed in',
  'sort.expiresAt': 'Expires',
  order: 'Order',
  'order.desc': 'Latest first',
  'order.asc': 'Earliest first',
  search: 'Search',
  sessions: 'Sessions',
  expired: 'Expired',
  noneFound: 'No session matches.',
  found: ({ count }: Count) => sessions(count),
  foundFirst: ({ count }: Count) => `The first ${sessions(count)}`,

  // A user
  noSessions: 'Signed in nowhere.',
  endedSessions: 'Ended sessions',
  noneEnded: 'None.',
  noted: 'Reason:',
  'by.self': 'by the device itself',
  'by.session': 'by another device of the user:',
  'by.master': 'by an operator',
  'by.server': 'by the server',

  // Signing out
  reason: 'Reason',
  reasonBody: 'Kept with the ended sessions, for operators only.',
  signOut: 'Sign out',
  signOutOne: ({ device, user }: Device & User) => `Sign out ${device} of ${user}`,
  signOutOneBody: 'This session will be signed out at once. To use it again, its user signs in there.',
  signedOutOne: ({ device, user }: Device & User) => `Signed out ${device} of ${user}.`,
  signedOutAlready: ({ device, user }: Device & User) => `${device} of ${user} was signed out already.`,
  signOutAll: 'Sign out this user everywhere',
  signOutAllOf: ({ user }: User) => `Sign out ${user} everywhere`,
  signOutAllOfBody: ({ count, user }: Count & User) =>
    `${user} will be signed out everywhere at once: ${sessions(count)}.`,
  signedOutAllOf: ({ count, user }: Count & User) => `Signed out ${user} everywhere: ${sessions(count)}.`,

  // Signing out by filter
  filterBody: 'Sessions that meet all conditions. Count them first.',
  conditions: 'Conditions',
  createdBefore: 'Signed in before (your time)',
  lastAccessedBefore: 'Last active before (your time)',
  authProvider: 'Signed in by (such as facebook)',
  all: 'All sessions of all users',
  count: 'Count',
  noFilter: 'Give a condition, or choose all sessions.',
  toSignOut: ({ count }: Count) =>
    count === 0 ? 'No session matches.' : count === 1 ? '1 session matches.' : `${sessions(count)} match.`,
  signOutMany: ({ count }: Count) => `Sign out ${sessions(count)}`,
  signOutManyBody: ({ count, where }: Count & { where: string }) =>
    `${sessions(count)} will be signed out at once: ${where}. Whoever used one has to sign in again. This cannot be undone.`,
  signedOutMany: ({ count }: Count) => `Signed out ${sessions(count)}.`,
  whereAll: 'all sessions of all users',
  whereCreated: ({ date }: { date: string }) => `signed in before ${date}`,
  whereAccessed: ({ date }: { date: string }) => `last active before ${date}`,
  whereKind: ({ kind }: { kind: string }) => `of the kind “${kind}”`,
  whereProvider: ({ provider }: { provider: string }) => `signed in by ${provider}`,
  whereAddress: ({ address }: { address: string }) => `last used from ${address}`,

  // Deleting expired sessions
  purgeBody: 'Expired sessions are of no use to anybody any more. Count them first.',
  orphans: 'Also sessions without a user',
  toPurge: ({ count }: Count) =>
    count === 0 ? 'There is nothing to delete.' : `${sessions(count)} to delete.`,
  purge: ({ count }: Count) => `Delete ${sessions(count)}`,
  purgeAsk: 'They are deleted for ever, with their files. Nobody who is signed in notices it.',
  purged: ({ count, seconds }: Count & { seconds: number }) =>
    `Deleted ${sessions(count)} in ${seconds === 1 ? '1 second' : `${number(seconds)} seconds`}.`,

  // How far it is
  working: 'The server is at work',
  doneOf: ({ done, total }: { done: number; total: number }) => `${number(done)} of ${number(total)}.`,
  done: ({ count }: Count) => `${number(count)} so far.`,
  goesOn: 'It goes on when you leave this page.',
};

export type AdminWords = typeof en;
