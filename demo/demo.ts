import { randomBytes } from 'node:crypto';
import Parse from 'parse/node';
import { readSettings, StartError } from '../settings';

// A person with a phone and a sensor, told through the public API only: what a stranger's client could send. Each
// step says what it sees; a refusal counts only with the code that it must have.

interface Device {
  token: string;
  sessionId: string;
}

interface Account {
  username: string;
  password: string;
  userId: string;
}

/** Sends no session. */
const NOBODY = { sessionToken: '' };

const REFUSED = Parse.Error.OPERATION_FORBIDDEN;
const ABSENT = Parse.Error.OBJECT_NOT_FOUND;
const REVOKED = Parse.Error.INVALID_SESSION_TOKEN;

let steps = 0;
let failures = 0;

async function main(): Promise<void> {
  const { appId, serverURL } = readSettings(process.env);
  await requireServer(serverURL);
  Parse.initialize(appId);
  Parse.serverURL = serverURL;

  const account = await signUp().catch(error => {
    throw new StartError(`✗ Nobody can sign up at ${serverURL} for app "${appId}": ${describe(error)}`);
  });
  let phone = await logIn(account);
  step('The person logs in on the phone', account.username);

  let sensor = await restrictedSession(phone, 'sensor');

  await works('The sensor writes Telemetry', () => save('Telemetry', { celsius: 21.5 }, sensor));
  await works('The phone writes an Invoice', () => save('Invoice', { total: 100 }, phone));

  const takenOver = randomBytes(9).toString('base64url');
  const kept = await refused('The sensor tries to change the password', REFUSED, async () => {
    const user = Parse.User.createWithoutData(account.userId);
    await user.save({ password: takenOver }, { sessionToken: sensor.token });
    return 'the account is taken over';
  });
  if (!kept) {
    // A change of password ends the sessions, and the steps that follow are to fail for their own reasons only.
    account.password = takenOver;
    phone = await logIn(account);
    sensor = await plainSession(phone);
  }
  await works('The password is still what it was', async () => {
    await Parse.User.verifyPassword(account.username, account.password);
    if (!kept) throw new Error('it is the one that the sensor set');
    return 'verified';
  });

  await refused('The sensor tries to write an Invoice', REFUSED, () => save('Invoice', { total: 1 }, sensor));
  await works('The phone writes a Report, whose class has the guard as a trigger', () =>
    save('Report', { text: 'all is well' }, phone),
  );
  await refused('The sensor tries to write a Report', REFUSED, () =>
    save('Report', { text: 'all is mine' }, sensor),
  );
  await refused("The sensor tries to read the phone's token", ABSENT, () => readToken(phone, sensor));
  await works("The sensor finds no token but its own among the user's sessions", () => findTokens(sensor));
  await refused('The sensor tries to mint a session', REFUSED, async () => {
    const minted = await plainSession(sensor);
    return `a new session, ${minted.sessionId}`;
  });

  const thermometer = await pairThermometer(phone, sensor);
  await works('The thermometer writes Telemetry', () => save('Telemetry', { celsius: 19 }, thermometer));
  await refused('The thermometer tries to read Telemetry', REFUSED, async () => {
    const found = await new Parse.Query('Telemetry').find(as(thermometer));
    return `${found.length} objects`;
  });
  await refused('The thermometer tries to write a Note', REFUSED, () =>
    save('Note', { text: 'hello' }, thermometer),
  );
  await refused('The thermometer tries to read its user', REFUSED, async () => {
    const user = await new Parse.Query(Parse.User).get(account.userId, as(thermometer));
    return user.getUsername() ?? 'a user';
  });

  await works('The person lists the devices', () => listDevices(phone, sensor));
  await works('The person revokes the sensor', async () => {
    const { revoked } = await Parse.Cloud.run('revokeSession', { objectId: sensor.sessionId }, as(phone));
    if (revoked !== 1) throw new Error(`expected 1 session revoked, got ${revoked}`);
    return '1 session revoked';
  });
  await refused('The sensor tries to write Telemetry', REVOKED, () =>
    save('Telemetry', { celsius: 21.7 }, sensor),
  );
  await works('The sensor is told why', async () => {
    const question = { sessionToken: sensor.token };
    // It has no session any more.
    const ended = await Parse.Cloud.run('endedSession', question, NOBODY);
    if (ended?.reason !== 'revoked' || ended.by.kind !== 'session') throw new Error(JSON.stringify(ended));
    return `revoked by another session of the user, at ${new Date(ended.endedAt).toLocaleTimeString()}`;
  });
  await works('The person sees what has ended', async () => {
    const ended = await Parse.Cloud.run<() => Record<string, unknown>[]>(
      'listEndedSessions',
      undefined,
      as(phone),
    );
    if (!ended.some(({ objectId, name }) => objectId === sensor.sessionId && name === 'sensor'))
      throw new Error('the sensor is not listed');
    return ended.map(({ name, reason }) => `${name ?? 'phone'} (${reason})`).join(', ');
  });
  await works('The phone goes on', () => save('Invoice', { total: 200 }, phone));

  console.log(
    failures === 0
      ? `\nAll ${steps} steps are as they should be.`
      : `\n${failures} of ${steps} steps are not as they should be.`,
  );
}

async function requireServer(serverURL: string): Promise<void> {
  const answer = await fetch(`${serverURL}/health`, { signal: AbortSignal.timeout(5_000) }).catch(
    () => undefined,
  );
  if (answer?.status !== 200) {
    const what = answer ? `answers ${answer.status}` : 'does not answer';
    throw new StartError(
      `✗ ${serverURL} ${what}. Start the server in another terminal with "npm start", or set SERVER_URL.`,
    );
  }
}

async function signUp(): Promise<Account> {
  const username = `demo-${randomBytes(4).toString('hex')}`;
  const password = randomBytes(9).toString('base64url');
  const user = await Parse.User.signUp(username, password, {}, { installationId: 'phone' });
  return { username, password, userId: user.id! };
}

async function logIn({ username, password }: Account): Promise<Device> {
  const user = await Parse.User.logIn(username, password, { installationId: 'phone' });
  const token = user.getSessionToken()!;
  const session = await new Parse.Query(Parse.Session)
    .equalTo('sessionToken', token)
    .first({ sessionToken: token });
  return { token, sessionId: session!.id! };
}

async function restrictedSession(phone: Device, name: string): Promise<Device> {
  const title = `The person makes a restricted session for a ${name}`;
  try {
    const made = await Parse.Cloud.run('createRestrictedSession', { name }, as(phone));
    if (made.restricted !== true) throw new Error(`restricted is ${made.restricted}`);
    step(title, `${made.objectId}, restricted`);
    return { token: made.sessionToken, sessionId: made.objectId };
  } catch (error) {
    step(title, describe(error), false);
    // The device gets the session that the server has for it, so that the steps that follow show what that is worth.
    return plainSession(phone);
  }
}

/** It has no keyboard: it shows a code, and the person says on the phone what it may do. */
async function pairThermometer(phone: Device, sensor: Device): Promise<Device> {
  const wish = { name: 'thermometer', scopes: ['Telemetry:create', 'Telemetry:read'] };
  let code = { deviceCode: '', userCode: '' };
  await works('A thermometer without a session asks to be paired, and shows a code', async () => {
    code = await Parse.Cloud.run('startPairing', wish, NOBODY);
    return code.userCode;
  });
  const { deviceCode, userCode } = code;
  await works('The phone shows who asks by that code, and for what', async () => {
    const { name, scopes, ip } = await Parse.Cloud.run('pairingRequest', { userCode }, as(phone));
    if (name !== wish.name || String(scopes) !== String(wish.scopes))
      throw new Error(`${name}, for ${scopes}`);
    return `${name} at ${ip}, for ${scopes.join(' and ')}`;
  });
  await refused('The sensor tries to allow it', REFUSED, async () => {
    await Parse.Cloud.run('approvePairing', { userCode }, as(sensor));
    return 'a restricted session has made another';
  });
  await works('The person allows a part of it', async () => {
    const scopes = ['Telemetry:create'];
    await Parse.Cloud.run('approvePairing', { userCode, scopes }, as(phone));
    return `${scopes} only`;
  });
  const thermometer = await collect(deviceCode, phone);
  await works('Who asks by its code once more gets no second session', async () => {
    const { status } = await Parse.Cloud.run('completePairing', { deviceCode }, NOBODY);
    if (status === 'approved') throw new Error('there is a second one');
    return status;
  });
  return thermometer;
}

async function collect(deviceCode: string, phone: Device): Promise<Device> {
  const title = 'The thermometer collects its session';
  try {
    const paired = await Parse.Cloud.run('completePairing', { deviceCode }, NOBODY);
    if (paired.status !== 'approved') throw new Error(paired.status);
    step(title, `${paired.objectId}, for ${paired.scopes}`);
    return { token: paired.sessionToken, sessionId: paired.objectId };
  } catch (error) {
    step(title, describe(error), false);
    return plainSession(phone);
  }
}

async function plainSession(maker: Device): Promise<Device> {
  const session = await new Parse.Session().save(null, as(maker));
  return { token: session.getSessionToken(), sessionId: session.id! };
}

async function save(className: string, attributes: Parse.Attributes, device: Device): Promise<string> {
  const object = await new Parse.Object(className).save(attributes, as(device));
  return `saved as ${object.id}`;
}

async function readToken(phone: Device, sensor: Device): Promise<string> {
  const session = await new Parse.Query(Parse.Session).get(phone.sessionId, as(sensor));
  return session.getSessionToken() === phone.token
    ? 'the token was in the answer'
    : 'the session was readable';
}

async function findTokens(sensor: Device): Promise<string> {
  const found = await new Parse.Query(Parse.Session).find(as(sensor));
  const foreign = found.filter(({ id }) => id !== sensor.sessionId).map(session => session.getSessionToken());
  const tokens = foreign.filter(token => token !== undefined);
  if (tokens.length > 0) throw new Error(`tokens of other sessions: ${tokens.length}`);
  return `sessions found: ${found.length}`;
}

async function listDevices(phone: Device, sensor: Device): Promise<string> {
  const list = await Parse.Cloud.run<() => Record<string, unknown>[]>('listSessions', undefined, as(phone));
  const entry = ({ sessionId }: Device) => list.find(({ objectId }) => objectId === sessionId);
  const [here, there] = [entry(phone), entry(sensor)];
  if (here?.current !== true || here.restricted !== false)
    throw new Error('the phone is not listed as current');
  if (there?.restricted !== true || there.name !== 'sensor')
    throw new Error('the sensor is not as it was made');
  const text = JSON.stringify(list);
  if (text.includes(phone.token) || text.includes(sensor.token)) throw new Error('the list holds a token');
  return list
    .map(({ name, restricted }) => `${name ?? 'phone'}${restricted ? ' (restricted)' : ''}`)
    .join(', ');
}

async function works(title: string, action: () => Promise<string>): Promise<void> {
  try {
    step(title, await action());
  } catch (error) {
    step(title, describe(error), false);
  }
}

/** Answers whether it was refused, whatever the code. */
async function refused(title: string, code: number, action: () => Promise<string>): Promise<boolean> {
  try {
    step(title, `not refused: ${await action()}`, false);
    return false;
  } catch (error) {
    const right = error instanceof Parse.Error && error.code === code;
    step(title, right ? `refused, ${describe(error)}` : `expected ${code}, got ${describe(error)}`, right);
    return true;
  }
}

function step(title: string, detail: string, ok = true): void {
  steps += 1;
  if (!ok) failures += 1;
  console.log(`${ok ? '✓' : '✗'} ${title}: ${detail}`);
}

function describe(error: unknown): string {
  // An unknown app id is answered with an error that has no code.
  if (error instanceof Parse.Error && error.code !== undefined) return `${error.code} ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

function as({ token }: Device): { sessionToken: string } {
  return { sessionToken: token };
}

main()
  .catch((error: unknown) => {
    failures += 1;
    console.error(error instanceof StartError ? error.message : error);
  })
  .finally(() => process.exit(failures === 0 ? 0 : 1));
