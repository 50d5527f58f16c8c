import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { DayCount } from './server';
import { useAdminPage } from './use-admin';

const HEIGHT = 180;

interface PlotProps {
  id: string;
  heading: string;
  days: readonly DayCount[];
  /** What all of it is, in words. */
  sum: string;
}

/** Numbers by day: as a picture, and as a table. */
export function Plot({ id, heading, days, sum }: PlotProps) {
  const { words, locale } = useAdminPage();
  const [pointed, setPointed] = useState<DayCount | null>(null);
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const dayName = (date: string) => day.format(new Date(date));
  const number = new Intl.NumberFormat(locale);
  const short = new Intl.NumberFormat(locale, { notation: 'compact' });
  const place = usePlot(days, { dayName, short, onPoint: setPointed });
  return (
    <section class="card plot" aria-labelledby={id}>
      <h2 id={id}>{heading}</h2>
      <p class="kind">{pointed ? `${dayName(pointed.day)}: ${number.format(pointed.count)}` : sum}</p>
      <div ref={place} class="canvas" dir="ltr" role="img" aria-label={`${heading}: ${sum}`} />
      <details>
        <summary>{words.asTable}</summary>
        <table>
          <caption class="unseen">{heading}</caption>
          <thead>
            <tr>
              <th scope="col">{words.day}</th>
              <th scope="col" class="number">
                {words.number}
              </th>
            </tr>
          </thead>
          <tbody>
            {days.map(({ day, count }) => (
              <tr key={day}>
                <th scope="row">{dayName(day)}</th>
                <td class="number">{number.format(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}

interface Drawing {
  dayName(day: string): string;
  /** Numbers as they fit beside the picture. */
  short: Intl.NumberFormat;
  onPoint(day: DayCount | null): void;
}

/** Draws it into an element, anew for other numbers, another width, and other colours. */
function usePlot(days: readonly DayCount[], { dayName, short, onPoint }: Drawing) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current!;
    let plot: uPlot | undefined;
    const draw = () => {
      plot?.destroy();
      const colour = (name: string) => getComputedStyle(element).getPropertyValue(name);
      const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 } };
      plot = new uPlot(
        {
          width: element.clientWidth,
          height: HEIGHT,
          legend: { show: false },
          cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
          scales: {
            x: { time: false, range: [-0.5, days.length - 0.5] },
            y: { range: (_plot, _from, most) => [0, Math.max(4, most * 1.1)] },
          },
          axes: [
            {
              ...axis,
              grid: { show: false },
              incrs: [1, 2, 5, 7, 14, 30],
              space: 60,
              values: (_plot, places) => places.map(index => (days[index] ? dayName(days[index].day) : '')),
            },
            {
              ...axis,
              size: 44,
              values: (_plot, values) => values.map(value => short.format(value)),
            },
          ],
          series: [
            {},
            {
              fill: colour('--accent'),
              stroke: colour('--accent'),
              width: 0,
              paths: uPlot.paths.bars!({ size: [0.7, 40] }),
              points: { show: false },
            },
          ],
          hooks: { setCursor: [({ cursor: { idx } }) => onPoint(days[idx ?? -1] ?? null)] },
        },
        [days.map((_, index) => index), days.map(({ count }) => count)],
        element,
      );
    };
    draw();
    const resized = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener('change', draw);
      plot?.destroy();
    };
  }, [days]);
  return place;
}
