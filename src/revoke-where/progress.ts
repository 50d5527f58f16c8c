/** How many lines tell of the progress at most: each is a write where a job tells them. */
const MAX_LINES = 100;

/** Tells how far it is, not of each batch where there are many. @param total how many sessions there seem to be. */
export function progressOf(total: number, tell: (text: string) => unknown) {
  let next = 0;
  return async (revoked: number): Promise<void> => {
    if (revoked < next) return;
    next = revoked + total / MAX_LINES;
    await tell(`revoked ${revoked} of ${Math.max(total, revoked)} sessions`);
  };
}
