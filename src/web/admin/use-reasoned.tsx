import { useState } from 'preact/hooks';
import { Ask, type Question } from '../shared/question';
import { useAdminPage } from './use-admin';

/** As many characters as the server keeps. */
const MAX_NOTE = 500;

interface Reasoned extends Pick<Question, 'heading' | 'body' | 'answer'> {
  act(note: string): Promise<void>;
}

/** Asks for the reason before sessions are signed out, and says what will happen. */
export function useReasoned() {
  const [question, setQuestion] = useState<Question | null>(null);
  const ask = ({ act, ...asked }: Reasoned) =>
    setQuestion({ ...asked, fields: <Reason />, act: given => act(String(given.get('note')).trim()) });
  return { ask, dialog: question && <Ask question={question} onClose={() => setQuestion(null)} /> };
}

function Reason() {
  const { words } = useAdminPage();
  return (
    <label>
      {words.reason}
      <input name="note" maxLength={MAX_NOTE} pattern=".*\S.*" autocomplete="off" required />
      <small>{words.reasonBody}</small>
    </label>
  );
}
