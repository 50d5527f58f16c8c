import type { CacheController } from '../parse-server';
import { toDate } from '../session';

/**
 * Tells when sessions end, as Parse Server comes by them: it keeps the end beside the cached user. So a process that
 * has not written a session's last access yet knows as well how much time there is to write it.
 */
export function watchEnds({ user }: CacheController, learn: (token: string, end: Date) => void): void {
  const get = user.get.bind(user);
  const put = user.put.bind(user);
  const tell = (token: string, entry: unknown) => {
    const end = toDate((entry as { expiresAt?: unknown } | null | undefined)?.expiresAt);
    if (end) learn(token, end);
  };
  user.get = async token => {
    const entry = await get(token);
    tell(token, entry);
    return entry;
  };
  user.put = (token, value, ttl) => {
    tell(token, value);
    return put(token, value, ttl);
  };
}
