import type { Ids } from './subjects';

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** The years of the dates that the fixtures hold; any other is a server's. */
const FIXED = ['2020', '2100'];
const TOKEN = /r:[0-9a-f]{32}/g;
const HASH = /^\$2[aby]\$/;

/**
 * Makes what two servers say comparable: the ids of a cell get their names, what a server makes up by itself gets the
 * name of its kind.
 */
export function labelled(ids: Ids, token: string, revoked: string) {
  const known = new Map<string, string>([
    [token, 'the caller’s token'],
    [revoked, 'the revoked token'],
    ...Object.entries(ids).map(([name, id]): [string, string] => [id, `<${name}>`]),
  ]);

  const text = (value: string): string => {
    if (DATE.test(value)) return FIXED.find(year => value.startsWith(year)) ?? '<date>';
    if (HASH.test(value)) return '<hash>';
    let result = value;
    for (const [id, name] of known) result = result.replaceAll(id, name);
    return result.replace(TOKEN, '<token>');
  };

  /** Objects that a server made have ids of their own. */
  const learn = (value: any): void => {
    if (value === null || typeof value !== 'object') return;
    const { objectId } = value;
    if (typeof objectId === 'string' && !Object.values(ids).includes(objectId)) known.set(objectId, '<new>');
    Object.values(value).forEach(learn);
  };

  const rename = (value: any): any => {
    if (typeof value === 'string') return text(value);
    if (value instanceof Date) return text(value.toISOString());
    if (Array.isArray(value)) return value.map(rename);
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value).map(([key, part]): [string, any] => [text(key), rename(part)]);
    return Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)));
  };

  return (value: any): any => {
    learn(value);
    return rename(value);
  };
}
