/**
 * Copies a text that must not stand in the document. `navigator.clipboard` is there on pages of `https` only.
 * @returns whether the browser has let it.
 */
export function copy(text: string): boolean {
  let isCopied = false;
  const give = (event: ClipboardEvent) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    event.clipboardData?.setData('text/plain', text);
    isCopied = event.clipboardData !== null;
  };
  document.addEventListener('copy', give, true);
  document.execCommand('copy');
  document.removeEventListener('copy', give, true);
  return isCopied;
}
