import { toDate } from '../../src/record';

type Fields = Record<string, unknown>;

/** Whether a database would find this row: the part of Parse's query language that the queries of expiry speak. */
export function finds(query: Fields, row: Fields): boolean {
  return Object.entries(query).every(([key, constraint]) => {
    if (key === '$or') return (constraint as Fields[]).some(part => finds(part, row));
    const value = key.split('.').reduce<unknown>((part, name) => (part as Fields)?.[name], row) ?? null;
    const { $ne, $gte } = (constraint ?? {}) as Fields;
    if ($ne !== undefined) return value !== $ne;
    if ($gte !== undefined) return value !== null && toDate(value)! >= toDate($gte)!;
    return value === constraint;
  });
}
