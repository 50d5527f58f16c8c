import { useAdminPage } from './use-admin';

export function Loading() {
  const { words } = useAdminPage();
  return (
    <>
      <p role="status">{words.loading}</p>
      <div class="card placeholder" aria-hidden="true" />
    </>
  );
}
