import type { ClientSession } from '../../client';
import { codeOf, OBJECT_NOT_FOUND } from '../shared/errors';
import { failureOf } from './failure';
import { deviceOf } from './shown';
import { useAdminPage, useOperator } from './use-admin';
import { useReasoned } from './use-reasoned';

/**
 * Signs one session out.
 * @param onGone called when the session is over, with its place in the list.
 */
export function useSignOut<T extends ClientSession>(onGone: (session: T, index: number) => Promise<void>) {
  const { words, tell } = useAdminPage();
  const { server } = useOperator();
  const { ask, dialog } = useReasoned();
  const signOut = (session: T, user: string, index: number) => {
    const device = deviceOf(session, words);
    ask({
      heading: words.signOutOne({ device, user }),
      body: words.signOutOneBody,
      answer: words.signOut,
      act: async note => {
        try {
          await server.signOut(session.objectId, note);
          tell(words.signedOutOne({ device, user }));
        } catch (error) {
          if (codeOf(error) !== OBJECT_NOT_FOUND) return tell(failureOf(error, words), 'failed');
          tell(words.signedOutAlready({ device, user }));
        }
        await onGone(session, index);
      },
    });
  };
  return { signOut, dialog };
}
