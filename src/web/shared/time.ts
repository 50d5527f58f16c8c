const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: ReadonlyArray<[unit: Intl.RelativeTimeFormatUnit, size: number]> = [
  ['year', 365 * DAY],
  ['month', 30 * DAY],
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
  ['second', SECOND],
];

/** To make a format takes a hundred times as long as to use it. */
function kept<Format>(make: (locale: string) => Format): (locale: string) => Format {
  const formats = new Map<string, Format>();
  return locale => {
    const format = formats.get(locale) ?? make(locale);
    formats.set(locale, format);
    return format;
  };
}

const relativeFormat = kept(locale => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));
const exactFormat = kept(
  locale => new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' }),
);

/** "3 minutes ago", "in 12 days"; below a minute "now". */
export function relative(date: Date, now: Date, locale: string): string {
  const distance = date.getTime() - now.getTime();
  const [unit, size] = UNITS.find(([, size]) => Math.abs(distance) >= size) ?? ['second', SECOND];
  const amount = unit === 'second' ? 0 : Math.trunc(distance / size);
  return relativeFormat(locale).format(amount, unit);
}

/** The date and time to the second. */
export const exact = (date: Date, locale: string): string => exactFormat(locale).format(date);
