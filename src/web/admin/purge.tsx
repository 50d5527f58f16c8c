import { useState } from 'preact/hooks';
import { Ask, type Question } from '../shared/question';
import { focusAt } from './focus';
import { Heading } from '../shared/heading';
import { JobProgress } from './job-progress';
import { useAdminPage } from './use-admin';
import { useJob } from './use-job';

const JOB = 'purgeExpiredSessions';

interface Purged {
  deleted: number;
  durationMs: number;
}

/** Deletes sessions that have expired, once they are counted. */
export function PurgeView() {
  const { words, tell } = useAdminPage();
  const { run, progress } = useJob();
  const [orphans, setOrphans] = useState(false);
  /** How many there are; `null` before they are counted. */
  const [count, setCount] = useState<number | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const isBusy = progress !== null;

  async function countThem(event: SubmitEvent) {
    event.preventDefault();
    if (isBusy) return;
    // The tick takes nothing while they are counted.
    event.submitter?.focus();
    setCount(null);
    const counted = await run<Purged>(JOB, { orphans, dryRun: true });
    if (counted) setCount(counted.deleted);
  }

  async function purge() {
    setCount(null);
    const purged = await run<Purged>(JOB, { orphans });
    if (purged) tell(words.purged({ count: purged.deleted, seconds: Math.ceil(purged.durationMs / 1000) }));
  }

  return (
    <>
      <Heading>{words['view.purge']}</Heading>
      <p>{words.purgeBody}</p>
      <form class="card" onSubmit={countThem}>
        <label class="tick">
          <input
            type="checkbox"
            name="orphans"
            checked={orphans}
            disabled={isBusy}
            onChange={event => {
              setOrphans(event.currentTarget.checked);
              setCount(null);
            }}
          />
          {words.orphans}
        </label>
        <div class="buttons start">
          <button class="primary" aria-disabled={isBusy}>
            {words.count}
          </button>
        </div>
      </form>
      {progress && <JobProgress progress={progress} />}
      <div class="counted" role="status">
        {count !== null && <p>{words.toPurge({ count })}</p>}
      </div>
      {count !== null && count > 0 && (
        <button
          type="button"
          class="danger"
          onClick={() =>
            setQuestion({
              heading: words.purge({ count }),
              body: words.purgeAsk,
              answer: words.purge({ count }),
              // The bar tells how far it is, not the dialog.
              act: async () => {
                void purge();
                focusAt(0);
              },
            })
          }
        >
          {words.purge({ count })}…
        </button>
      )}
      {question && <Ask question={question} onClose={() => setQuestion(null)} />}
    </>
  );
}
