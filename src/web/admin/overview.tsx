import { Problem } from '../shared/problem';
import { When } from '../shared/when';
import { Bars } from './bars';
import { Heading } from '../shared/heading';
import { Loading } from './loading';
import { Plot } from './plot';
import { userAddress } from './route';
import type { Blocked, DayCount, Overview } from './server';
import { useAdminPage, useOperator } from './use-admin';
import { useLoaded } from '../shared/use-loaded';
import type { AdminWords } from './words-en';

const DAYS = [7, 30, 90];
const TOTALS = ['total', 'active', 'expired', 'restricted', 'anonymous'] as const;

const sumOf = (days: readonly DayCount[]) => days.reduce((sum, { count }) => sum + count, 0);

/** How many sessions there are, and what becomes of them. */
export function OverviewView({ days: wanted }: { days: string | null }) {
  const { words } = useAdminPage();
  const { server } = useOperator();
  const days = DAYS.find(known => String(known) === wanted) ?? 30;
  const { loaded, error, isLoading, reload } = useLoaded(`overview ${days}`, () => server.overview(days));
  return (
    <>
      <div class="heading">
        <Heading>{words['view.overview']}</Heading>
        <label>
          {words.period}
          <select
            value={String(days)}
            onChange={event => (location.hash = `#/?days=${event.currentTarget.value}`)}
          >
            {DAYS.map(count => (
              <option key={count} value={String(count)}>
                {words.days({ count })}
              </option>
            ))}
          </select>
        </label>
        <button type="button" onClick={() => isLoading || void reload()} aria-disabled={isLoading}>
          {words.refresh}
        </button>
      </div>
      {error !== null && <Problem error={error} onRetry={() => void reload()} />}
      {loaded ? <Numbers overview={loaded} days={days} /> : error === null && <Loading />}
    </>
  );
}

function Numbers({ overview, days: count }: { overview: Overview; days: number }) {
  const { words, locale } = useAdminPage();
  const number = new Intl.NumberFormat(locale);
  const { stats, logIns, expiries, endings, blocked } = overview;
  const { total, restricted, anonymous } = stats;
  return (
    <>
      <dl class="totals">
        {TOTALS.map(name => (
          <div key={name} class="card">
            <dt>{words[`total.${name}`]}</dt>
            <dd>{number.format(stats[name])}</dd>
          </div>
        ))}
      </dl>
      <div class="columns">
        <Plot
          id="log-ins"
          heading={words.logIns}
          days={logIns}
          sum={words.inDays({ sum: sumOf(logIns), count })}
        />
        <Plot
          id="expiries"
          heading={words.expiries}
          days={expiries}
          sum={words.inNextDays({ sum: sumOf(expiries), count })}
        />
        <section class="card" aria-labelledby="kinds">
          <h2 id="kinds">{words.byKind}</h2>
          <Bars
            caption={words.byKind}
            bars={[
              { label: words['of.authenticated'], count: Math.max(0, total - restricted - anonymous) },
              { label: words['of.anonymous'], count: anonymous },
              { label: words['of.restricted'], count: restricted },
            ]}
          />
        </section>
        <section class="card" aria-labelledby="endings">
          <h2 id="endings">{words.endings}</h2>
          {endings.length === 0 && <p class="empty">{words.noEndings}</p>}
          <Bars
            caption={words.endings}
            bars={endings.map(({ reason, count }) => ({
              label: words[`ended.${reason}` as never] ?? reason,
              count,
            }))}
          />
        </section>
      </div>
      <section aria-labelledby="blocked">
        <h2 id="blocked">{words.blocked}</h2>
        <p class="kind">{words.blockedBody}</p>
        {blocked.length === 0 && <p class="empty">{words.noBlocked}</p>}
        <ul class="rows">
          {blocked.map((one, index) => (
            <BlockedWrite key={`${one.sessionId} ${index}`} {...one} />
          ))}
        </ul>
      </section>
    </>
  );
}

function BlockedWrite({ at, userId, operation, target }: Blocked) {
  const { words } = useAdminPage();
  const say: AdminWords['operation.create'] | undefined =
    words[`operation.${operation}` as 'operation.create'];
  return (
    <li>
      <span class="what">
        <bdi>{say ? say({ target: target || words.something }) : `${operation} ${target}`}</bdi>
      </span>
      <span>
        {userId ? (
          <a href={userAddress(userId)}>
            <bdi>{userId}</bdi>
          </a>
        ) : (
          words.nobody
        )}
      </span>
      <When date={at} />
    </li>
  );
}
