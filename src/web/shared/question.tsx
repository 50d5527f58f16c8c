import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { usePage } from './context';
import { Dialog } from './dialog';

export interface Question {
  heading: string;
  body: ComponentChildren;
  /** What is to be filled in before. */
  fields?: ComponentChildren;
  /** What the button says, in the words of the result. */
  answer: string;
  /** @param given what was filled in. */
  act(given: FormData): Promise<void>;
}

/** Asks before something happens, and says what will. */
export function Ask({ question, onClose }: { question: Question; onClose(): void }) {
  const { words } = usePage();
  const [isBusy, setBusy] = useState(false);

  /** Not once it is under way: that would look as if it had been called off. */
  const leave = () => isBusy || onClose();

  async function answer(event: SubmitEvent) {
    event.preventDefault();
    if (isBusy) return;
    const given = new FormData(event.target as HTMLFormElement);
    setBusy(true);
    try {
      await question.act(given);
    } finally {
      onClose();
    }
  }

  return (
    <Dialog heading={question.heading} body={question.body} onCancel={leave}>
      <form onSubmit={answer}>
        {question.fields}
        <div class="buttons">
          <button type="button" onClick={leave} aria-disabled={isBusy}>
            {words.cancel}
          </button>
          <button class="danger" aria-disabled={isBusy}>
            {question.answer}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
