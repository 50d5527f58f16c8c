/* global console, fetch, process, require */
// Signs up, lists the sessions, is signed out by somebody else, and hears of it: by the handler, then by hand.
const Parse = require('parse/node');
const { handleParseError, installSessionHandler, sessionsClient } = require('parse-server-sessions/client');

const [serverURL, appId] = process.argv.slice(2);
Parse.initialize(appId);
Parse.serverURL = serverURL;
Parse.User.enableUnsafeCurrentUser();

const findNotes = () => new Parse.Query('Note').find();

async function signUp(name) {
  await Parse.User.signUp(`${name}-${Date.now()}`, 'password');
  return Parse.User.current().getSessionToken();
}

async function endElsewhere(token) {
  const headers = { 'X-Parse-Application-Id': appId, 'X-Parse-Session-Token': token };
  await fetch(`${serverURL}/functions/revokeSessions`, { method: 'POST', headers });
}

async function main() {
  let onInvalidSession;
  const handled = new Promise(resolve => {
    onInvalidSession = ({ code }, { ended }) => resolve([code, ended?.reason, Parse.User.current()]);
  });
  const uninstall = installSessionHandler(Parse, { onInvalidSession });
  const first = await signUp('first');
  const listed = await sessionsClient(Parse).list();
  await endElsewhere(first);
  await findNotes().catch(() => undefined);
  const byHandler = await handled;
  uninstall();

  await endElsewhere(await signUp('second'));
  const byHand = await findNotes().catch(error =>
    handleParseError(error, { onInvalidSession: ({ code }) => [code, Parse.User.current()] }),
  );
  console.log(JSON.stringify({ listed: listed.map(({ current }) => current), byHandler, byHand }));
}

main();
