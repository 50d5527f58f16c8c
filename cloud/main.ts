// The global is the SDK that Parse Server itself runs on; an import can resolve to a second copy, whose triggers
// Parse Server does not see and whose errors it does not know.
declare const Parse: typeof import('parse/node').default;

import { sessions } from '../instance';

// `Telemetry` needs no code: a class is open to restricted sessions unless it is guarded. `Invoice` is guarded by
// the `guard` option in instance.ts, which costs nothing and changes nothing else.

// `Report` is guarded by hand, as in the Parse guide: a lock of its own, which other cloud code can call as well. It
// has its price, because Parse Server writes a class with a `beforeSave` differently (see docs/scopes-and-guards.md).
Parse.Cloud.beforeSave('Report', sessions.guard);
Parse.Cloud.beforeDelete('Report', sessions.guard);

const MAX_DISPLAY_NAME = 50;

// `_User` is always guarded. The app's own trigger stays: the guard runs before it.
Parse.Cloud.beforeSave(Parse.User, ({ object: user }) => {
  if (!user.dirty('displayName')) return;
  const name: unknown = user.get('displayName');
  if (name === undefined || name === null) return;
  const trimmed = typeof name === 'string' ? name.trim() : '';
  if (trimmed === '' || trimmed.length > MAX_DISPLAY_NAME) {
    throw new Parse.Error(
      Parse.Error.VALIDATION_ERROR,
      `displayName must be a text of 1 to ${MAX_DISPLAY_NAME} characters`,
    );
  }
  user.set('displayName', trimmed);
});

// The master key passes every guard: a function that writes with it keeps restricted sessions out by a validator. That
// refuses callers without a session as well, and lets the master key pass, which has none.
Parse.Cloud.define(
  'payInvoice',
  async ({ params, user }) => {
    const sessionToken = user?.getSessionToken();
    if (!sessionToken) throw new Parse.Error(Parse.Error.INVALID_SESSION_TOKEN, 'log in to pay an invoice');
    // Read as the caller: only who may see an invoice may pay it.
    const invoice = await new Parse.Query('Invoice').get(String(params.objectId), { sessionToken });
    invoice.set('paidAt', new Date());
    await invoice.save(null, { useMasterKey: true });
    return invoice;
  },
  sessions.requireUnrestrictedSession,
);

// The mail "Was this you?" at the first session from a new device. Whoever signs up knows that he does, and a log-in by
// support (/loginAs) is no device of his. This example has no mail adapter, so the console shows the text that would be
// sent. A real app hands it to its adapter and never logs it: whoever has the link can end that session.
sessions.on('newDevice', async ({ sessionId, userId, device, ip, createdWith, signUp }) => {
  if (userId === null || signUp || createdWith?.authProvider === 'masterkey') return;
  const user = await new Parse.Query(Parse.User).get(userId, { useMasterKey: true });
  const link = await sessions.reportLink(sessionId);
  console.log(
    `Mail to ${user.getUsername()}: you are signed in on a new device, ${device.browser ?? 'an app'} on ` +
      `${device.os ?? 'an unknown system'} at ${ip}. This was not me: ${link}`,
  );
});
