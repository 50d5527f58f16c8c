import { isSecretName, MASK, maskedText } from './masked-text';

const isObject = (value: unknown): value is object => value !== null && typeof value === 'object';
const isSecret = (value: unknown): boolean =>
  typeof value === 'string' ? value !== '' && value !== MASK : typeof value === 'number' || isObject(value);

/**
 * The value without the secrets in it, at any depth, for a log. What holds none is answered as it is: most of what is
 * logged is dropped by its level. Anything else is copied, never changed.
 */
export function masked(value: unknown): unknown {
  return holdsSecret(value, new Set()) ? copyOf(value, new Map()) : value;
}

/** @param seen the objects that have been looked at. */
function holdsSecret(value: unknown, seen: Set<object>): boolean {
  if (typeof value === 'string') return maskedText(value) !== value;
  if (!isObject(value) || ArrayBuffer.isView(value) || seen.has(value)) return false;
  seen.add(value);
  const parts = partsOf(value);
  if (!parts) return holdsSecret(jsonOf(value), seen);
  return parts.some(
    ([key, part]) =>
      (isSecretName(key) && isSecret(part)) || maskedText(key) !== key || holdsSecret(part, seen),
  );
}

/** @param copies those of the objects that are copied already: an object may be a part of itself. */
function copyOf(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value === 'string') return maskedText(value);
  if (!isObject(value) || ArrayBuffer.isView(value)) return value;
  if (copies.has(value)) return copies.get(value);
  const parts = partsOf(value);
  if (!parts) {
    const json = jsonOf(value);
    if (!holdsSecret(json, new Set())) return value;
    copies.set(value, MASK);
    const copy = copyOf(json, copies);
    copies.set(value, copy);
    return copy;
  }
  if (parts.length === 0) return value;
  const copy = Array.isArray(value) ? [] : Object.create(Object.getPrototypeOf(value));
  copies.set(value, copy);
  for (const [key, part] of parts) {
    const clean = isSecretName(key) && isSecret(part) ? MASK : copyOf(part, copies);
    // Some properties of an error cannot be written, and some are not shown.
    const enumerable = Object.prototype.propertyIsEnumerable.call(value, key);
    // A token may be a key: then so is the mask, once for all such keys of an object.
    Object.defineProperty(copy, maskedText(key), {
      value: clean,
      enumerable,
      writable: true,
      configurable: true,
    });
  }
  return copy;
}

/** The parts of a list, a plain object or an error, by name; `undefined` for an object of another class. */
function partsOf(value: object): Array<[key: string, part: unknown]> | undefined {
  try {
    return readParts(value);
  } catch {
    // A proxy may refuse to tell them.
    return [];
  }
}

function readParts(value: object): Array<[key: string, part: unknown]> | undefined {
  if (isError(value)) {
    const hidden = ['message', 'stack', ...('cause' in value ? ['cause'] : [])];
    return [...new Set([...hidden, ...Object.keys(value)])].map(key => [key, partOf(value, key)]);
  }
  if (!Array.isArray(value) && !isPlain(value)) return undefined;
  return Object.keys(value).map(key => [key, partOf(value, key)]);
}

/** A part that cannot be read cannot be logged, either. */
function partOf(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** Also an error, or a plain object, of another realm: an app may run in one of its own. */
const isError = (value: object): value is Error =>
  value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Loggers write the JSON of an object such as a `Parse.User`. */
function jsonOf(value: object): unknown {
  try {
    return (value as { toJSON?: () => unknown }).toJSON?.();
  } catch {
    return undefined;
  }
}
