/** An answer of the server, where dates are texts. */
export type Json<T> = { [K in keyof T]: Date extends T[K] ? string | Exclude<T[K], Date> : T[K] };

/** The same with `Date` objects in its columns of dates (`createdAt`, …). */
export const withDates = <T extends object>(json: Json<T>): T =>
  Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      key,
      value && key.endsWith('At') ? new Date(value as string) : value,
    ]),
  ) as T;
