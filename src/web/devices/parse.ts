import type ParseSdk from 'parse';

type Sdk = typeof ParseSdk;

/** The SDK, which the page loads before its own script. */
export const Parse: Sdk = (globalThis as unknown as { Parse: Sdk }).Parse;

/** Whether the user is an anonymous one, who cannot sign in again. */
export function isGuest(): boolean {
  const user = Parse.User.current();
  return Boolean(user && Parse.AnonymousUtils.isLinked(user));
}
