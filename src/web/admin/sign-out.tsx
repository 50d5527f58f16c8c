import { useRef, useState } from 'preact/hooks';
import { exact } from '../shared/time';
import { focusAt } from './focus';
import { Heading } from '../shared/heading';
import { JobProgress } from './job-progress';
import { KindField } from './kind-field';
import { useAdminPage } from './use-admin';
import { useJob } from './use-job';
import { useReasoned } from './use-reasoned';
import type { AdminWords, Kind } from './words-en';

const JOB = 'revokeSessionsWhere';

/** Which sessions are meant. */
interface Filter {
  createdBefore?: string;
  lastAccessedBefore?: string;
  kind?: Kind;
  authProvider?: string;
  ip?: string;
  all?: true;
}

interface Revoked {
  revoked: number;
}

/** What stands in the form. Its times are the browser's, those of the filter are UTC. */
function filterOf(form: HTMLFormElement): Filter {
  const given = Object.fromEntries(new FormData(form)) as Record<string, string>;
  if (given.all) return { all: true };
  const filter: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const text = value.trim();
    if (text) filter[name] = name.endsWith('Before') ? new Date(text).toISOString() : text;
  }
  return filter;
}

/** The filter as a sentence says it. */
function inWords({ all, kind, ...filter }: Filter, words: AdminWords, locale: string): string {
  if (all) return words.whereAll;
  const date = (time: string) => exact(new Date(time), locale);
  return [
    filter.createdBefore && words.whereCreated({ date: date(filter.createdBefore) }),
    filter.lastAccessedBefore && words.whereAccessed({ date: date(filter.lastAccessedBefore) }),
    kind && words.whereKind({ kind: words[`of.${kind}`] }),
    filter.authProvider && words.whereProvider({ provider: filter.authProvider }),
    filter.ip && words.whereAddress({ address: filter.ip }),
  ]
    .filter(Boolean)
    .join('; ');
}

/** Signs out the sessions that a filter means, once they are counted. */
export function SignOutView() {
  const { words, locale, tell } = useAdminPage();
  const { run, progress } = useJob();
  const { ask, dialog } = useReasoned();
  const form = useRef<HTMLFormElement>(null);
  const [isAll, setAll] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  /** What was counted last; `null` once the filter is another one. */
  const [counted, setCounted] = useState<{ filter: Filter; count: number } | null>(null);
  const isBusy = progress !== null;

  async function countThem(event: SubmitEvent) {
    event.preventDefault();
    if (isBusy) return;
    // The fields take nothing while they are counted.
    event.submitter?.focus();
    const filter = filterOf(form.current!);
    setCounted(null);
    setProblem(Object.keys(filter).length === 0 ? words.noFilter : null);
    if (Object.keys(filter).length === 0) return;
    const result = await run<Revoked>(JOB, { ...filter, dryRun: true });
    if (result) setCounted({ filter, count: result.revoked });
  }

  async function signOut(filter: Filter, note: string) {
    setCounted(null);
    const result = await run<Revoked>(JOB, { ...filter, note });
    if (result) tell(words.signedOutMany({ count: result.revoked }));
  }

  return (
    <>
      <Heading>{words['view.sign-out']}</Heading>
      <p>{words.filterBody}</p>
      <form
        ref={form}
        class="card"
        onSubmit={countThem}
        onInput={() => {
          setCounted(null);
          setProblem(null);
        }}
      >
        <fieldset class="plain">
          <legend class="unseen">{words['view.sign-out']}</legend>
          <fieldset class="plain fields" disabled={isBusy || isAll}>
            <legend class="unseen">{words.conditions}</legend>
            <label>
              {words.createdBefore}
              <input name="createdBefore" type="datetime-local" />
            </label>
            <label>
              {words.lastAccessedBefore}
              <input name="lastAccessedBefore" type="datetime-local" />
            </label>
            <KindField />
            <label>
              {words.authProvider}
              <input name="authProvider" maxLength={128} autocomplete="off" spellcheck={false} />
            </label>
            <label>
              {words.address}
              <input name="ip" maxLength={64} autocomplete="off" spellcheck={false} />
            </label>
          </fieldset>
          <label class="tick">
            <input
              type="checkbox"
              name="all"
              disabled={isBusy}
              onChange={event => setAll(event.currentTarget.checked)}
            />
            {words.all}
          </label>
          <p class="problem" role="alert">
            {problem}
          </p>
          <div class="buttons start">
            <button class="primary" aria-disabled={isBusy}>
              {words.count}
            </button>
          </div>
        </fieldset>
      </form>
      {progress && <JobProgress progress={progress} />}
      <div class="counted" role="status">
        {counted && <p>{words.toSignOut({ count: counted.count })}</p>}
      </div>
      {counted && counted.count > 0 && (
        <button
          type="button"
          class="danger"
          onClick={() =>
            ask({
              heading: words.signOutMany({ count: counted.count }),
              body: words.signOutManyBody({
                count: counted.count,
                where: inWords(counted.filter, words, locale),
              }),
              answer: words.signOutMany({ count: counted.count }),
              // The bar tells how far it is, not the dialog.
              act: async note => {
                void signOut(counted.filter, note);
                focusAt(0);
              },
            })
          }
        >
          {words.signOutMany({ count: counted.count })}…
        </button>
      )}
      {dialog}
    </>
  );
}
