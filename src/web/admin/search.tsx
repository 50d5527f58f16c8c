import { useEffect, useRef } from 'preact/hooks';
import { Problem } from '../shared/problem';
import { failureOf } from './failure';
import { focusAt } from './focus';
import { FoundSessions, SORTS, type Order } from './found';
import { Heading } from '../shared/heading';
import { KindField } from './kind-field';
import { Loading } from './loading';
import { searchAddress } from './route';
import type { Found, FoundSession, SearchParams } from './server';
import { useAdminPage, useOperator } from './use-admin';
import { usePages } from './use-pages';
import { useSignOut } from './use-sign-out';
import { KINDS, type AdminWords } from './words-en';

const ORDERS: readonly Order[] = ['desc', 'asc'];

/** What the address asks for. What is no value of a field is left out. */
function wantedOf(params: URLSearchParams) {
  const oneOf = <T extends string>(values: readonly T[], name: string) =>
    values.find(value => value === params.get(name));
  const text = (name: string) => params.get(name) || undefined;
  return {
    user: text('user'),
    ip: text('ip'),
    kind: oneOf(KINDS, 'kind'),
    sort: oneOf(SORTS, 'sort') ?? SORTS[0],
    order: oneOf(ORDERS, 'order') ?? ORDERS[0]!,
  };
}

/** How many were found, in words. */
function countOf({ results: { length: count }, next }: Found, words: AdminWords): string {
  if (count === 0) return words.noneFound;
  return next ? words.foundFirst({ count }) : words.found({ count });
}

/** Sessions of all users. */
export function SearchView({ params }: { params: URLSearchParams }) {
  const { words, tell } = useAdminPage();
  const { server, isReadOnly } = useOperator();
  const wanted = wantedOf(params);
  const { loaded, error, isLoading, reload, list, more, remove } = usePages<FoundSession, string>(
    JSON.stringify(wanted),
    after => server.search(wanted, after),
    failure => tell(failureOf(failure, words), 'failed'),
  );
  const { signOut, dialog } = useSignOut<FoundSession>(async ({ objectId }, index) => {
    remove(objectId);
    focusAt(index);
  });

  const last = useRef(loaded);
  if (loaded) last.current = loaded;
  // Nothing jumps, and the keyboard stays where it is, while other rows are on their way.
  const page = loaded ?? (error === null ? last.current : null);

  return (
    <>
      <Heading>{words['view.search']}</Heading>
      <SearchForm wanted={wanted} />
      {error !== null && <Problem error={error} onRetry={() => void reload()} />}
      {!page && error === null && <Loading />}
      {page && (
        <section ref={list} class={loaded ? '' : 'stale'} aria-label={words.sessions} aria-busy={isLoading}>
          <p class="count" role="status">
            {loaded ? countOf(loaded, words) : words.loading}
          </p>
          {page.results.length > 0 && (
            <FoundSessions
              sessions={page.results}
              sort={wanted.sort}
              order={wanted.order}
              onSort={(sort, order) => (location.hash = searchAddress({ ...wanted, sort, order }))}
              onSignOut={isReadOnly ? undefined : signOut}
            />
          )}
          {page.next && (
            <div class="buttons start">
              <button type="button" onClick={() => isLoading || void more()} aria-disabled={isLoading}>
                {words.more}
              </button>
            </div>
          )}
        </section>
      )}
      {dialog}
    </>
  );
}

function SearchForm({ wanted }: { wanted: SearchParams }) {
  const { words } = useAdminPage();
  const form = useRef<HTMLFormElement>(null);
  // Also on the way back: what stands in the fields is what was searched for.
  useEffect(() => {
    for (const [name, value] of Object.entries(wanted)) {
      const field = form.current!.elements.namedItem(name);
      if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = value ?? '';
    }
  }, [JSON.stringify(wanted)]);
  return (
    <form
      ref={form}
      class="card fields"
      role="search"
      onSubmit={event => {
        event.preventDefault();
        const given = Object.fromEntries(new FormData(event.target as HTMLFormElement)) as SearchParams;
        location.hash = searchAddress({ ...given, user: given.user?.trim(), ip: given.ip?.trim() });
      }}
    >
      <label class="long">
        {words.userField}
        <input name="user" maxLength={512} autocomplete="off" spellcheck={false} />
      </label>
      <label>
        {words.address}
        <input name="ip" maxLength={64} autocomplete="off" spellcheck={false} />
      </label>
      <KindField />
      <label>
        {words.sortBy}
        <select name="sort">
          {SORTS.map(sort => (
            <option key={sort} value={sort}>
              {words[`sort.${sort}`]}
            </option>
          ))}
        </select>
      </label>
      <label>
        {words.order}
        <select name="order">
          {ORDERS.map(order => (
            <option key={order} value={order}>
              {words[`order.${order}`]}
            </option>
          ))}
        </select>
      </label>
      <div class="buttons">
        <button class="primary">{words.search}</button>
      </div>
    </form>
  );
}
