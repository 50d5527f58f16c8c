/** Parse's own error codes that this package answers with. */
export const ErrorCode = {
  /** -1: whatever has no code of its own, such as a second factor that is missing at a log-in. */
  OTHER_CAUSE: -1,
  /** 101: no such object, or none that the caller may see. */
  OBJECT_NOT_FOUND: 101,
  /** 102: a filter or sort order that a client may not use. */
  INVALID_QUERY: 102,
  /** 105: a read-only column. */
  INVALID_KEY_NAME: 105,
  /** 119: a restricted session's write, or a call that needs the master key. */
  OPERATION_FORBIDDEN: 119,
  /** 142: a wrong parameter of a cloud function or job. */
  VALIDATION_ERROR: 142,
  /** 155: too many attempts to confirm a password. */
  REQUEST_LIMIT_EXCEEDED: 155,
  /** 209: no session token, or one that is not valid (any more). */
  INVALID_SESSION_TOKEN: 209,
} as const;

export const RESTRICTED_MESSAGE = 'write operation not allowed: restricted session';

type ParseErrorClass = new (code: number, message: string) => Error & { code: number };

let ParseError: ParseErrorClass = class extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
};

/**
 * Sets the class of the errors that this package throws: that of Parse Server's own copy of the SDK. A second copy
 * is easily installed, and Parse Server answers its errors with a 500 (`middlewares.js#handleParseErrors` of
 * 9.10.0).
 */
export function useParseError(errorClass: ParseErrorClass): void {
  ParseError = errorClass;
}

export function parseError(code: number, message: string): Error & { code: number } {
  return new ParseError(code, message);
}

export const restrictedError = () => parseError(ErrorCode.OPERATION_FORBIDDEN, RESTRICTED_MESSAGE);
export const invalidSessionError = () => parseError(ErrorCode.INVALID_SESSION_TOKEN, 'Invalid session token');
export const notFoundError = () => parseError(ErrorCode.OBJECT_NOT_FOUND, 'Object not found.');
