/** The keyboard goes on at the row after one that is gone, else at the last one, else at the heading of the view. */
export function focusAt(index: number): void {
  // Once the dialog has given the focus back to a button that may be gone.
  setTimeout(() => {
    const buttons = document.querySelectorAll<HTMLElement>('.sign-out');
    (buttons[Math.min(index, buttons.length - 1)] ?? document.querySelector('h1'))?.focus();
  });
}
