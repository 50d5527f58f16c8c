import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Callable = (...args: any[]) => unknown;

/** A function of the public API, under the name by which an app calls it. */
export interface ApiFunction {
  name: string;
  call: Callable;
}

/** What the store has for this package itself: its docs say `@internal`, or it is private. */
const storeSource = readFileSync(join(__dirname, '../../src/sessions/store.ts'), 'utf8');
/** The app has these as well, with fewer parameters. */
const OVERLOADED = new Set(
  [...storeSource.matchAll(/^ {2}(\w+)\([^{;]*(?:\{[^{}]*\}[^{;]*)*;\n {2}\/\*\* @internal/gm)].map(
    ([, name]) => name,
  ),
);
const INTERNAL = new Set(
  [/@internal(?:(?!\*\/)[^])*\*\/\s*(?:async )?(\w+)\(/g, /private (?:readonly |async )?(\w+)/g]
    .flatMap(pattern => [...storeSource.matchAll(pattern)].map(([, name]) => name))
    .filter(name => !OVERLOADED.has(name)),
);

const isInstance = (object: object) => ![Object.prototype, null].includes(Object.getPrototypeOf(object));

function namesIn(object: object): string[] {
  if (!isInstance(object)) return Object.keys(object);
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(object));
  return [...Object.keys(object), ...methods].filter(name => name !== 'constructor' && !INTERNAL.has(name));
}

/**
 * Every function of an object, and those of the objects in it, so that a later function is found without being
 * listed.
 */
export function functionsOf(object: object, path: string): ApiFunction[] {
  return namesIn(object).flatMap((name): ApiFunction[] => {
    const value = (object as Record<string, unknown>)[name];
    if (typeof value === 'function') {
      const call: Callable = (...args) => (object as Record<string, Callable>)[name]!(...args);
      return [{ name: `${path}.${name}`, call }];
    }
    // What an instance holds is its own business.
    const isPart = value !== null && typeof value === 'object' && !isInstance(object);
    return isPart ? functionsOf(value, `${path}.${name}`) : [];
  });
}

/** What a call throws or rejects with. A function that it answers is called, too. */
export async function errorsOf(call: Callable, args: unknown[]): Promise<unknown[]> {
  try {
    const answer = await call(...args);
    return typeof answer === 'function' ? await errorsOf(answer as Callable, args) : [];
  } catch (error) {
    return [error];
  }
}
