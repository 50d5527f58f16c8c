/** The column that a key of a query or an update is about: a dotted one names a part of it. */
export const rootOf = (key: string): string => key.split('.', 1)[0] ?? key;
