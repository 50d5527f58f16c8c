/**
 * Refuses options that are misspelt or of another type. Most of them would silently do nothing.
 *
 * @param takes - the type of each option as `typeof` names it, or several with `|`; `!` marks the one that must be
 * given
 * @throws TypeError naming the function, the option, what it got and what it takes
 */
export function checkOptions(name: string, options: object, takes: Record<string, string>): void {
  const given: Record<string, unknown> = { ...options };
  for (const option of Object.keys({ ...takes, ...given })) {
    const value = given[option];
    const type = takes[option];
    if (value === undefined && type && !type.includes('!')) continue;
    if (!type?.includes(typeof value)) {
      // A name that no option could have may be a token.
      const shown = /^\w{1,30}$/.test(option) ? ` ${option}` : '';
      throw new TypeError(
        `${name}: option${shown} is ${typeof value}, not ${type?.replace('!', '') ?? 'known'}.`,
      );
    }
  }
}

/** @throws TypeError naming the function, when its first argument is not the SDK. */
export function requireSdk(
  name: string,
  Parse: { CoreManager?: unknown; Cloud?: unknown } | undefined,
): void {
  if (!Parse?.CoreManager || !Parse.Cloud) {
    throw new TypeError(`${name}: the first argument must be the Parse SDK.`);
  }
}
