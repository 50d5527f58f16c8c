import { useEffect, useState } from 'preact/hooks';
import { usePage } from './context';
import { exact, relative } from './time';

const MINUTE = 60_000;

/** A time as people say it; the exact one on hover. */
export function When({ date }: { date: Date }) {
  const { locale } = usePage();
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), MINUTE);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={date.toISOString()} title={exact(date, locale)}>
      {relative(date, now, locale)}
    </time>
  );
}
