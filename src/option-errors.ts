import * as z from 'zod';
import { wrongUnit } from './duration';
import { shown, textOf, typeOf } from './in-messages';

/**
 * What is wrong with options, a line for each: its path, what it got and what it takes, as the schema describes it.
 * @param found what zod has found in `options` by `schema`.
 * @param call the function that takes them.
 */
export function optionErrors(
  found: readonly z.core.$ZodIssue[],
  options: unknown,
  schema: z.ZodType,
  call: string,
): string {
  const issues = found.flatMap(insideOf);
  // For a wrong part zod also reports the whole. Only the part is told, because it says what is wrong.
  const isWhole = (issue: z.core.$ZodIssue) =>
    issues.some(
      other => other.path.length > issue.path.length && issue.path.every((key, i) => key === other.path[i]),
    );
  const told = issues.filter(issue => issue.code === 'unrecognized_keys' || !isWhole(issue));
  // A value may break several conditions of the one description.
  return [...new Set(told.map(issue => describe(issue, options, schema, call)))].join('\n');
}

/**
 * What is wrong inside a value that may have one of several shapes, where it has one of them; else that it has none.
 */
function insideOf(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const inside = issue.errors.find(branch => branch.some(({ path }) => path.length > 0));
  return inside?.map(inner => ({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue];
}

function describe(issue: z.core.$ZodIssue, options: unknown, schema: z.ZodType, call: string): string {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(shapeOf(schemaAt(schema, path)) ?? {}).join(', ');
    return issue.keys
      .map(key => {
        const name = textOf(nameOf([...path, key]));
        const got = typeOf(valueAt(options, [...path, key]));
        return `${call}: unknown option "${name}", got ${got}; known are ${known}.`;
      })
      .join('\n');
  }
  if (path.length === 0) return `${call}: takes an object of options, got ${typeOf(options)}.`;
  const key = keyAt(schema, path);
  if (issue.code === 'invalid_key' && key?.description) {
    const name = textOf(path.at(-1)!);
    return `${call}: option "${nameOf(path.slice(0, -1).map(textOf))}" got "${name}", takes ${key.description}.`;
  }
  const got = valueAt(options, path);
  const type = schemaAt(schema, path);
  const takes = type?.description ?? unwrap(type)?.description ?? issue.message;
  const unit = takes.startsWith('a duration') ? wrongUnit(got) : undefined;
  // What stands under names of the app's own may be something else by mistake, with secrets in it.
  const seen = isUnderOwnName(schema, path) ? typeOf(got) : shown(got);
  return `${call}: option "${nameOf(path.map(textOf))}" got ${seen}, takes ${takes}${unit ? `: ${unit}` : ''}.`;
}

const nameOf = (path: string[]) => path.join('.').replace(/\.(\d+)/g, '[$1]');

const valueAt = (options: unknown, path: string[]): unknown =>
  path.reduce<unknown>((outer, key) => (outer as Record<string, unknown> | undefined)?.[key], options);

function unwrap(type: z.ZodType | undefined): z.ZodType | undefined {
  if (type instanceof z.ZodDefault || type instanceof z.ZodOptional)
    return unwrap(type.unwrap() as z.ZodType);
  return type instanceof z.ZodPipe ? unwrap(type.in as z.ZodType) : type;
}

const shapeOf = (type: z.ZodType | undefined): Record<string, z.ZodType> | undefined => {
  const inner = unwrap(type);
  if (inner instanceof z.ZodUnion) return (inner.options as z.ZodType[]).map(shapeOf).find(shape => shape);
  return inner instanceof z.ZodObject ? (inner.shape as Record<string, z.ZodType>) : undefined;
};

function childOf(type: z.ZodType | undefined, key: string): z.ZodType | undefined {
  const inner = unwrap(type);
  if (inner instanceof z.ZodUnion)
    return (inner.options as z.ZodType[]).map(option => childOf(option, key)).find(child => child);
  if (inner instanceof z.ZodRecord) return inner.valueType as z.ZodType;
  if (inner instanceof z.ZodArray) return /^\d+$/.test(key) ? (inner.element as z.ZodType) : undefined;
  return shapeOf(inner)?.[key];
}

/** The object of the app's own names that a value may be. */
function recordIn(type: z.ZodType | undefined): z.ZodRecord | undefined {
  const inner = unwrap(type);
  if (inner instanceof z.ZodUnion) return (inner.options as z.ZodType[]).map(recordIn).find(record => record);
  return inner instanceof z.ZodRecord ? inner : undefined;
}

/** What the last name of a path may be, where the app chooses it. */
const keyAt = (schema: z.ZodType, path: string[]): z.ZodType | undefined =>
  recordIn(schemaAt(schema, path.slice(0, -1)))?.keyType as z.ZodType | undefined;

/** Whether a path leads through an object whose keys the app chooses. */
const isUnderOwnName = (schema: z.ZodType, path: string[]): boolean =>
  path.some((key, depth) => !/^\d+$/.test(key) && recordIn(schemaAt(schema, path.slice(0, depth))));

const schemaAt = (schema: z.ZodType, path: string[]): z.ZodType | undefined =>
  path.reduce<z.ZodType | undefined>(childOf, schema);
