import { CommanderError } from 'commander';
import { EXIT } from './failure';
import { makeProgram } from './program';

makeProgram(code => (process.exitCode = code))
  .parseAsync()
  .catch((error: unknown) => {
    // It has said what it takes.
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  });
