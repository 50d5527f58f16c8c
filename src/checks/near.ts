/** What a warning of a name adds to it: the one of these that may have been meant. */
export function hintFor(name: string, known: readonly string[]): string {
  const near = known.find(other => isNear(name, other));
  return near ? `: did you mean ${near}?` : '.';
}

/** How many letters in a row may be other ones: enough for two that have changed places. */
const MAX_OTHER = 2;

/** Whether one name could be a slip for the other: they begin and end alike, but for a letter or two. */
function isNear(name: string, other: string): boolean {
  const [a, b] = [name.toLowerCase(), other.toLowerCase()];
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return shorter > MAX_OTHER && Math.max(a.length, b.length) - start - end <= MAX_OTHER;
}
