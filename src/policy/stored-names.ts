/** How many bytes of a name PostgreSQL keeps (its `NAMEDATALEN`). It drops the rest without a word. */
export const POSTGRES_NAME_BYTES = 63;

const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

/**
 * The name under which a database stores a class: cut to so many bytes, never within a character. Two classes with
 * the same one share a table.
 */
export function storedName(name: string, maxBytes: number): string {
  // Asked for every access: most names are short. A character takes three bytes at most for each of its units.
  if (name.length * 3 <= maxBytes || Buffer.byteLength(name) <= maxBytes) return name;
  const bytes = Buffer.from(name);
  let end = maxBytes;
  while (isContinuation(bytes[end])) end -= 1;
  return bytes.toString('utf8', 0, end);
}
