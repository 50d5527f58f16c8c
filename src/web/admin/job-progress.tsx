import { useAdminPage } from './use-admin';
import type { Progress } from './use-job';

/** How far a job is, as a bar and in words. */
export function JobProgress({ progress: { done, total } }: { progress: Progress }) {
  const { words } = useAdminPage();
  return (
    <div class="card job">
      <label>
        {words.working}
        {total === null ? <progress /> : <progress max={total} value={Math.min(done, total)} />}
      </label>
      <p class="kind">
        {total !== null ? words.doneOf({ done, total }) : done > 0 && words.done({ count: done })}{' '}
        {words.goesOn}
      </p>
    </div>
  );
}
