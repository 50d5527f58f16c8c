import { randomBytes, randomInt } from 'node:crypto';

/** Letters without vowels, so that no code is a word, nor looks like digits among letters (RFC 8628, 6.1). */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const LENGTH = 8;

/** What the user types: 8 letters, shown in two groups. */
export function newUserCode(): string {
  const letters = Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}`;
}

/** What the device keeps to itself: 256 bits. */
export const newDeviceCode = (): string => randomBytes(32).toString('base64url');

/** The letters of a code, however a user has typed them. */
export const lettersOf = (userCode: string): string => userCode.toUpperCase().replace(/[^A-Z]/g, '');
