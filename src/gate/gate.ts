import type { Database, DatabaseOptions, Row, ServerConfig } from '../parse-server';
import type { Runtime } from '../runtime';
import { Access } from './access';
import { callerPastDoors, UNKNOWN } from './caller';
import { noteGivenEnds } from './given-ends';
import { keepOriginal } from './past-gate';
import type { Rule } from './rule';
import { RULES } from './rules';
import { gateTransactions } from './transactions';
import { enter, Visit, visitOf } from './visit';

/**
 * Mounted apps, by the middleware that `configure()` put into their options. Every configuration of an app holds
 * it.
 */
const mounted = new WeakMap<object, Runtime>();

/** Has the gate guard an app. */
export function guardApp(middleware: object, runtime: Runtime): void {
  mounted.set(middleware, runtime);
}

/** The mounted app that a request belongs to; `undefined` for any other app of this process. */
export function runtimeOf(config: Partial<ServerConfig> | undefined): Runtime | undefined {
  const middleware = config?.requestContextMiddleware;
  return middleware ? mounted.get(middleware) : undefined;
}

const straight = new WeakSet<Database>();

/** Lets a controller pass unjudged: it serves no request, but this package's own work. */
export function goStraight(database: Database): Database {
  straight.add(database);
  return database;
}

/**
 * Opens the gate: puts it in place of five methods of the class that all of Parse Server's database controllers
 * are of. Parse Server makes a controller for each request, whatever the way in: REST, batch, GraphQL (also by the
 * endpoint of another app in this process), the SDK in cloud code, files, pages, look-ups for LiveQuery. So
 * nothing reaches the database past the gate.
 * @throws Error when this Parse Server has no such methods.
 */
export function openGate(database: Database): void {
  const kept = keepOriginal(database);
  noteGivenEnds(database.options);
  if (!kept) return;
  const { controllers, original } = kept;
  gateTransactions(controllers, original);

  controllers.find = function (className, query, options, auth, schema) {
    const visit = visitAt(this, className, options);
    if (!visit) return original.find.call(this, className, query, options, auth, schema);
    return pass(new Access(visit, 'find', className, query, undefined, options, [auth, schema])) as never;
  };
  controllers.create = function (className, data, options, validateOnly, schema) {
    const visit = visitAt(this, className, options, data);
    if (!visit) return original.create.call(this, className, data, options, validateOnly, schema);
    return pass(new Access(visit, 'create', className, undefined, data, options, [validateOnly, schema]));
  };
  controllers.update = function (className, query, data, options, ...rest) {
    const visit = visitAt(this, className, options, data);
    if (!visit) return original.update.call(this, className, query, data, options, ...rest);
    return pass(new Access(visit, 'update', className, query, data, options, rest));
  };
  controllers.destroy = function (className, query, options, schema) {
    const visit = visitAt(this, className, options);
    if (!visit) return original.destroy.call(this, className, query, options, schema);
    return pass(new Access(visit, 'destroy', className, query, undefined, options, [schema]));
  };
  controllers.validateObject = function (className, data, query, options, maintenance) {
    const visit = visitAt(this, className, options, data);
    if (!visit) return original.validateObject.call(this, className, data, query, options, maintenance);
    return pass(new Access(visit, 'validateObject', className, query, data, options, [maintenance]));
  };
}

/** The visit to judge, or `undefined` for what goes straight on: an ordinary class, or another app's request. */
function visitAt(
  database: Database,
  className: unknown,
  options: DatabaseOptions | undefined,
  data?: Row,
): Visit | undefined {
  const known = visitOf(database);
  const runtime = known ? known.runtime : runtimeOf(database.options);
  if (!runtime || straight.has(database)) return undefined;
  const user = !known || known.isPastDoors ? options?.acl?.findLast(name => name !== '*') : undefined;
  const visit =
    user === undefined ? known : enter(new Visit(runtime, database, callerPastDoors(database.options, user)));
  // For `$relatedTo`, Parse Server hands on what a client wrote for a name, and the database takes it for its text.
  if (!isCoveredByAny(String(className), runtime, options, data, visit)) return undefined;
  return visit ?? enter(new Visit(runtime, database, UNKNOWN));
}

/**
 * Has an access judged by each rule, in their order, and carried out. Parse Server leaves some promises of its
 * controller unawaited (`UsersRouter.js#handleLogIn` of 9.10.0). A refusal in one of those must not end the
 * process, so every promise gets a handler.
 */
function pass(access: Access): Promise<unknown> {
  let answer: Promise<unknown>;
  try {
    answer = proceed(access, 0);
  } catch (error) {
    answer = Promise.reject(error);
  }
  answer.catch(() => undefined);
  return answer;
}

/** Asked for every access of the app: a loop costs less than a closure. */
function isCoveredByAny(
  className: string,
  runtime: Runtime,
  options: DatabaseOptions | undefined,
  data: Row | undefined,
  visit: Visit | undefined,
): boolean {
  for (const rule of RULES) if (isCovering(rule, className, runtime, options, data, visit)) return true;
  return false;
}

function isCovering(
  rule: Rule,
  className: string,
  runtime: Runtime,
  options: DatabaseOptions | undefined,
  data: Row | undefined,
  visit: Visit | undefined,
): boolean {
  return (
    rule.covers(className, runtime, options, data) || (rule.coversScoped === true && visit?.isScoped === true)
  );
}

function proceed(access: Access, from: number): Promise<unknown> {
  const { visit, className, options, data } = access;
  for (let index = from; index < RULES.length; index += 1) {
    const rule = RULES[index]!;
    if (!isCovering(rule, className, visit.runtime, options, data, visit)) continue;
    const judging = rule.judge?.(access);
    const around = rule[access.method];
    if (!judging && !around) continue;
    const goOn = () => proceed(access, index + 1);
    const enterRule = () => (around ? around(access, goOn) : goOn());
    return judging ? judging.then(enterRule) : enterRule();
  }
  return access.perform();
}
