import { useAdminPage } from './use-admin';

export interface Bar {
  label: string;
  count: number;
}

/** Numbers beside each other, each in words and as a number too. */
export function Bars({ caption, bars }: { caption: string; bars: readonly Bar[] }) {
  const { locale } = useAdminPage();
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const number = new Intl.NumberFormat(locale);
  return (
    <table class="bars">
      <caption class="unseen">{caption}</caption>
      <tbody>
        {bars.map(({ label, count }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td aria-hidden="true">
              <svg viewBox="0 0 100 1" preserveAspectRatio="none">
                <rect width={(100 * count) / most} height="1" />
              </svg>
            </td>
            <td class="number">{number.format(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
