import type { EndedReason } from '../../client';
import { en as common, type Count, type Device, type Named } from '../shared/words-en';

/** Why the session of this page is over. */
const HERE: Record<`here.${EndedReason}`, string> = {
  'here.logout': 'You signed out.',
  'here.revoked': 'You were signed out from another device.',
  'here.sameInstallation': 'You signed in again on this device.',
  'here.passwordChange': 'Your password was changed.',
  'here.factorChange': 'The way you sign in was changed.',
  'here.limit': 'You have signed in on too many other devices.',
  'here.invalidated': 'The operator signed you out.',
  'here.reported': 'This device was reported as not yours.',
  'here.userLocked': 'Your account was locked.',
  'here.userDeleted': 'Your account was deleted.',
  'here.orphan': 'Your account was deleted.',
  'here.expired': 'Your session has expired.',
};

export const en = {
  ...common,
  byOperator: 'The operator, for you',
  byDevice: 'Another device of yours',
  limitedToAll: 'It may not change your account.',

  // The page
  heading: 'Where you are signed in',
  introduction:
    'Each time you sign in on a device, that is a session. It lasts until you sign out or it expires. ' +
    'If you see one that you do not know, sign it out and change your password.',
  signedInAs: 'Signed in as',
  guest: 'Signed in as a guest.',
  loading: 'Loading your devices…',
  thisDevice: 'This device',
  otherDevices: 'Other devices',
  noOthers: 'You are signed in nowhere else.',
  more: 'More',
  recentlyEnded: 'Recently signed out',
  noneEnded: 'Nothing yet.',
  showAll: ({ count }: Count) => `Show all ${count} sessions`,
  showFewer: 'Show one session',
  limitedHere: 'This device is limited: it sees limited devices only, and cannot change any.',

  // Signing out
  signOut: 'Sign out',
  signOutDevice: ({ device }: Device) => `Sign out ${device}`,
  signOutDeviceBody: ({ device }: Device) =>
    `${device} will be signed out at once. To use it again, sign in there.`,
  signOutTokenBody: ({ device }: Device) =>
    `${device} will be signed out at once. To use it again, it needs a new token or code.`,
  signedOutDevice: ({ device }: Device) => `Signed out ${device}.`,
  signedOutAlready: ({ device }: Device) => `${device} was signed out already.`,
  signOutGroup: ({ device, count }: Device & Count) => `Sign out all ${count} sessions of ${device}`,
  signedOutGroup: ({ device, count }: Device & Count) => `Signed out all ${count} sessions of ${device}.`,
  signOutHere: 'Sign out this device',
  signOutHereBody: 'You will be signed out here at once. The other devices stay signed in.',
  signOutOthers: 'Sign out all other devices',
  signOutOthersBody: ({ count }: Count) =>
    count === 1
      ? 'The other session will be signed out at once. This device stays signed in.'
      : `All ${count} other sessions will be signed out at once, those of device tokens too. This device stays signed in.`,
  overAlready: 'Not done: you were signed out here already. Sign in again to sign out other devices.',
  signedOutOthers: ({ count }: Count) =>
    count === 1 ? 'Signed out 1 other session.' : `Signed out ${count} other sessions.`,
  signOutAll: 'Sign out everywhere',
  signOutAllBody: 'Every session will be signed out at once, this one too. Then sign in again here.',
  signOutGuestBody:
    'You will be signed out at once. A guest cannot sign in again: what belongs to this account is lost to you.',

  // Names
  rename: ({ device }: Device) => `Rename ${device}`,
  name: 'Name',
  save: 'Save',
  renamed: ({ device }: Device) => `Renamed to ${device}.`,

  // New device token
  newToken: 'New device token',
  newTokenBody: 'For a sensor or a program without a screen: a token that can do only what you choose here.',
  mayDo: 'What it may do',
  mayDoAll: 'It may do everything but change your account.',
  chooseOne: 'Choose at least one.',
  goodFor: 'Good for',
  days: ({ count }: Count) => (count === 1 ? '1 day' : `${count} days`),
  asLongAsAllowed: 'As long as the server allows',
  makeToken: 'Make the token',
  tokenMade: ({ device }: Device) => `The token of ${device}`,
  tokenOnce: 'Copy it or scan it now: it is shown only once.',
  tokenPicture: 'The token, as a picture. Copy it by the button.',
  tokenCode: 'QR code of the token',
  copy: 'Copy',
  copied: 'Copied.',
  notCopied: 'Your browser did not let the page copy. Scan the code, or type the token.',

  // Pairing
  pair: 'Add a device by its code',
  pairHeading: 'Add a device',
  pairBody: 'Type the code that the device shows.',
  pairFilled: 'Compare the code with the one that the device shows.',
  code: 'Code',
  next: 'Next',
  asks: ({ name }: Named) => `“${name}” asks to use your account`,
  unnamedAsks: 'A device asks to use your account',
  asksFrom: 'It asks from',
  askedAt: 'Asked',
  saysItIs: 'It says that it is',
  unknownAddress: 'an unknown address',
  nameForList: 'Name in your list of devices',
  compare: 'Does the device in front of you show this code?',
  warning: 'If somebody else has sent you this code or a link to it, deny it.',
  allow: 'Allow',
  deny: 'Deny',
  allowed: ({ device }: Device) => `Allowed ${device}. It is signed in within a few seconds.`,
  denied: ({ device }: Device) => `Denied ${device}. It gets nothing.`,
  codeUnknown: 'There is no device with this code. It may have expired: have the device show a new one.',
  codeTooMany: 'Too many wrong codes. Try again in 15 minutes.',
  noPairing: 'Devices cannot be added by a code here.',
  addAnother: 'Add another device',
  back: 'Your devices',

  // Report
  reportHeading: 'This was not you?',
  reportBody: 'If you did not sign in there, sign that device out now. You need not be signed in for that.',
  reportReset: 'Also send me a mail to choose a new password',
  report: 'Sign out that device',
  reported: 'Signed out that device.',
  reportedReset: 'A mail to choose a new password is on its way.',
  reportedNoReset: 'No mail could be sent. Change your password yourself.',
  reportOver: 'That device is signed out already, or the link is used or too old.',
  reportNext: 'Change your password if somebody else may know it.',
  reportNoLink: 'The link is not complete. Open it from the mail once more.',

  // Signing in
  signInHeading: 'Sign in',
  username: 'User name',
  password: 'Password',
  signIn: 'Sign in',
  wrongPassword: 'The user name or the password is wrong.',
  secondFactor: 'Code of your second factor',
  ...HERE,
  youSignedOut: 'You signed out.',

  // Confirming
  confirmHeading: 'Is it you?',
  confirmBody: 'Type your password to go on.',
  confirm: 'Confirm',
  confirmWrong: 'That password or code is wrong.',
  confirmTooMany: 'Too many wrong passwords. Try again in 15 minutes.',
  confirmElsewhere: 'Sign in another way',
  notConfirmed: 'Not done: you have not confirmed that it is you.',
  guestStale: 'Not done: that takes a recent sign-in, and a guest cannot sign in again.',
};

export type DevicesWords = typeof en;
