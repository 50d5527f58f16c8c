import { Heading } from '../shared/heading';
import { useDevicesPage } from './use-words';

/** For an app that has a log-in page: why the user's session is over, and the way there. */
export function SignedOut({ notice, loginAddress }: { notice: string | null; loginAddress: string }) {
  const { words } = useDevicesPage();
  return (
    <div class="card narrow">
      <Heading>{words.signInHeading}</Heading>
      {notice && (
        <p class="notice" role="status">
          {notice}
        </p>
      )}
      <div class="buttons">
        <a class="button primary" href={loginAddress}>
          {words.signIn}
        </a>
      </div>
    </div>
  );
}
