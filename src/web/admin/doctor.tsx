import { Heading } from '../shared/heading';
import { Problem } from '../shared/problem';
import { useLoaded } from '../shared/use-loaded';
import { Loading } from './loading';
import type { Finding } from './server';
import { useAdminPage, useOperator } from './use-admin';

/** What the doctor of the server has found, what is amiss first. It speaks English. */
export function DoctorView() {
  const { words } = useAdminPage();
  const { server } = useOperator();
  const { loaded, error, isLoading, reload } = useLoaded('doctor', () => server.doctor());
  return (
    <>
      <div class="heading">
        <Heading>{words['view.doctor']}</Heading>
        <button type="button" onClick={() => isLoading || void reload()} aria-disabled={isLoading}>
          {words.refresh}
        </button>
      </div>
      <p>{words.doctorBody}</p>
      {error !== null && <Problem error={error} onRetry={() => void reload()} />}
      {loaded ? <Findings findings={loaded} /> : error === null && <Loading />}
    </>
  );
}

const ORDER: ReadonlyArray<Finding['level']> = ['error', 'warning', 'notice', 'ok'];

function Findings({ findings }: { findings: Finding[] }) {
  const { words } = useAdminPage();
  const sorted = [...findings].sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
  return (
    <ul class="findings">
      {sorted.map(({ check, level, what, why, todo, link }) => (
        <li key={`${check} ${what}`} class="card">
          <h2>
            <span class={`badge level-${level}`}>{words[`level.${level}`]}</span>{' '}
            <span lang="en">{what}</span>
          </h2>
          {todo !== null && (
            <>
              <p lang="en">{why}</p>
              <p lang="en">{todo}</p>
              <a href={link} target="_blank" rel="noreferrer">
                {words.readOn}
              </a>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
