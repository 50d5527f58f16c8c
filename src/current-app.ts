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

/**
 * Starts an app as the one that `Parse.Server` and `Parse.Cloud` speak of. Both go by `Parse.applicationId`
 * (`ParseServer.js#addParseCloud` of 9.10.0), which names the app of this process that was constructed last.
 */
export async function asCurrentApp(
  Parse: ParseSdk,
  appId: string | undefined,
  start: () => Promise<void>,
): Promise<void> {
  const last = Parse.applicationId;
  // An app that adds its `appId` only after `configure()` is taken for the only one of its process.
  if (appId === undefined) return start();
  Parse.applicationId = appId;
  try {
    await start();
  } finally {
    if (Parse.applicationId === appId) Parse.applicationId = last;
  }
}
