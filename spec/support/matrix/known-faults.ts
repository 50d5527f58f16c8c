import type { Caller } from './callers';
import type { Way } from './cells';
import type { MatrixOperation, SubjectName } from './subjects';

/** Cells that are not as they should be yet: the expectation is right, the package is not. */
export interface KnownFault {
  cause: string;
  databases?: ReadonlyArray<'postgresql' | 'mongodb'>;
  subjects: readonly SubjectName[];
  callers: readonly Caller[];
  operations: readonly MatrixOperation[];
  ways?: readonly Way[];
}

/** A cell that is mended makes its spec fail until it is taken from here. */
export const knownFaults: readonly KnownFault[] = [];
