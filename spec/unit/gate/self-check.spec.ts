import { openGate } from '../../../src/gate/gate';
import { checkGate, requireKnownVersion } from '../../../src/gate/self-check';
import { freshRules } from '../../../src/policy/fresh';
import { guardedClasses } from '../../../src/policy/guarded-classes';

describe('the version of Parse Server', () => {
  it.each(['9.8.0', '9.8.1-alpha.3', '9.10.0', '9.11.2', '9.100.0'])('%s is known', version => {
    expect(() => requireKnownVersion({ version })).not.toThrow();
  });

  it.each(['9.7.0', '9.0.0', '8.6.70', '8.10.0', '10.0.0', '10.0.0-alpha.1', '19.8.0', '9', '', undefined])(
    '%s is not: the server does not start, and is told what to do',
    version => {
      expect(() => requireKnownVersion({ version })).toThrow(
        /^parse-server-sessions guards parse-server >= 9\.8\.0 < 10, and this is .*: .*Install one of those/,
      );
      if (version) expect(() => requireKnownVersion({ version })).toThrow(`this is ${version}:`);
    },
  );
});

/** A database controller of a Parse Server, which answers every call. */
function controllerOf(missing?: string) {
  class Config {}
  class Controller {
    options = new Config();
  }
  const method = 'generateSessionExpiresAt';
  if (method !== missing) Object.assign(Config.prototype, { [method]: () => undefined });
  const names = ['find', 'create', 'update', 'destroy', 'validateObject'];
  const steps = ['createTransactionalSession', 'commitTransactionalSession', 'abortTransactionalSession'];
  for (const name of [...names, ...steps]) {
    if (name !== missing) Object.assign(Controller.prototype, { [name]: async () => 'done' });
  }
  return new Controller() as never;
}

describe('the gate checks itself', () => {
  const writeRules = {
    isGuarded: guardedClasses([]),
    fresh: freshRules([]),
    freshWithin: 1,
  };
  const callers = { known: () => undefined };
  const runtime = { writeRules, callers, now: () => new Date() } as never;

  it.each(['find', 'validateObject', 'commitTransactionalSession'])(
    'a controller without %s stops the start',
    missing => {
      expect(() => openGate(controllerOf(missing))).toThrow(
        `cannot guard this Parse Server: its database controller has no ${missing}.`,
      );
    },
  );

  it('a configuration that does not tell when sessions end stops the start, each time', () => {
    const database = controllerOf('generateSessionExpiresAt');
    for (let start = 0; start < 2; start += 1) {
      expect(() => openGate(database)).toThrow('its configuration has no generateSessionExpiresAt.');
    }
  });

  it('a gate that refuses a restricted session lets the server start', async () => {
    const database = controllerOf();
    openGate(database);
    await expect(checkGate({ database }, runtime)).resolves.toBeUndefined();
  });

  it('a gate that lets a restricted session write stops the start', async () => {
    await expect(checkGate({ database: controllerOf() }, runtime)).rejects.toThrow(
      'cannot guard this Parse Server: a restricted session could write',
    );
  });
});
