import { parseErrorHandler } from './handle-parse-error';
import type { ParseSdk } from './sdk';

export * from './index';

/** As in the portable build; where no `Parse` is given or global, it is `parse/node`, loaded at the first 209. */
export const handleParseError = /*#__PURE__*/ parseErrorHandler(
  async () => (await import('parse/node')).default as unknown as ParseSdk,
);
