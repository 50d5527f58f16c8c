import { randomBytes } from 'node:crypto';
import { origin, type Settings } from './settings';

/** What a newcomer reads when the server is ready. */
export function welcome(settings: Settings): string {
  const { appId, masterKey, masterKeyIsRandom, serverURL, host, port, graphQLMount } = settings;
  const masterKeyLine = masterKeyIsRandom ? [`  Master key  ${masterKey}  (random; MASTER_KEY sets it)`] : [];
  const [signUp, restrict, refused] = firstSteps(settings);
  const demo = [
    serverURL === 'http://127.0.0.1:1337/parse' ? '' : `SERVER_URL=${quote(serverURL)} `,
    appId === 'demo-app' ? '' : `APP_ID=${quote(appId)} `,
    'npm run demo',
  ].join('');
  return [
    '',
    'Parse Server with parse-server-sessions is ready.',
    '',
    `Open ${origin(host, port)}/ and see what it does, in four steps.`,
    '',
    `  REST        ${serverURL}`,
    `  GraphQL     ${origin(host, port)}${graphQLMount}`,
    `  App id      ${appId}`,
    ...masterKeyLine,
    '',
    'Or paste these, one after the other, into another terminal.',
    '',
    'A person signs up:',
    `  ${signUp}`,
    '',
    'She logs in and makes a restricted session for a sensor:',
    `  ${restrict}`,
    '',
    'The same, and the sensor tries to write an invoice. Its restricted session is refused, with code 119:',
    `  ${refused}`,
    '',
    `The whole story: ${demo}`,
  ].join('\n');
}

/** Each line stands by itself, whichever shell it is pasted into: the token goes from curl to curl as a header. */
function firstSteps({ serverURL, appId }: Settings): [string, string, string] {
  // A new name at every start, for the database may outlive the server.
  const username = `ada-${randomBytes(3).toString('hex')}`;
  const password = randomBytes(6).toString('hex');
  const app = `-H ${quote(`X-Parse-Application-Id: ${appId}`)}`;
  const post = (route: string, body: object, header = '') =>
    `curl -s ${quote(serverURL + route)} ${app} -H 'Content-Type: application/json' ${header}` +
    `-d ${quote(JSON.stringify(body))}`;
  const token = `sed 's/.*"sessionToken":"\\([^"]*\\).*/X-Parse-Session-Token: \\1/'`;
  const logIn = `curl -sG ${quote(`${serverURL}/login`)} ${app} -d username=${username} -d password=${password}`;
  const restrict = post('/functions/createRestrictedSession', { name: 'sensor' }, '-H @- ');
  const invoice = post('/classes/Invoice', { total: 100 }, '-H @- ');
  const newline = "-w '\\n'";
  return [
    `${post('/users', { username, password })} ${newline}`,
    `${logIn} | ${token} | ${restrict} ${newline}`,
    `${logIn} | ${token} | ${restrict} | ${token} | ${invoice} ${newline}`,
  ];
}

function quote(text: string): string {
  return /^[\w:/.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
