const MAX_DEPTH = 6;

/**
 * The first error of a kind in what the SDK, REST or GraphQL has rejected or answered with: the error itself, or one in an
 * array, in the `errors` of an `AggregateError`, or in an answer of `/batch` (`{ error: { code } }`).
 */
export function findError(
  error: unknown,
  isMeant: (one: { code?: unknown; message?: unknown; error?: unknown }) => boolean,
  depth = MAX_DEPTH,
): object | undefined {
  if (!error || typeof error !== 'object' || depth === 0) return undefined;
  if (isMeant(error)) return error;
  const { error: inner, errors } = error as Record<string, unknown>;
  const nested = Array.isArray(error) ? error : Array.isArray(errors) ? [inner, ...errors] : [inner];
  for (const one of nested) {
    const found = findError(one, isMeant, depth - 1);
    if (found) return found;
  }
  return undefined;
}
