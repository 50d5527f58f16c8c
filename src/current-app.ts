import type { ParseSdk } from './parse-server';

/**
 * Asks `Parse.Server` or `Parse.Cloud` about one app of the process. Both go by `Parse.applicationId`
 * (`ParseServer.js#addParseCloud` of 9.10.0).
 */
export function forApp<Answer>(Parse: ParseSdk, appId: string, ask: () => Answer): Answer {
  const last = Parse.applicationId;
  Parse.applicationId = appId;
  try {
    return ask();
  } finally {
    Parse.applicationId = last;
  }
}
