/** What the command ends with. The documents list them. */
export const EXIT = {
  done: 0,
  /** The server does not answer, or refuses. */
  failed: 1,
  /** A wrong argument, or a question that nobody could answer. */
  usage: 2,
  /** The doctor found a warning. */
  warning: 3,
  /** The doctor found an error. */
  error: 4,
  /** The server runs without this package. */
  notMounted: 5,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with a line that says why. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.failed,
  ) {
    super(message);
  }
}
