import { ErrorCode } from '../errors';
import { FILES } from '../class-name';
import { plainName, withDetail } from '../in-messages';
import { ALLOW, refuse, type Decision } from './decision';
import type { IsGuarded } from './guarded-classes';

/** What a scope may name for a class. */
const OPERATIONS = ['create', 'read', 'update', 'delete', '*'];
const CLASS_SCOPE = new RegExp(
  `^_?[A-Za-z][A-Za-z0-9_]*:(${OPERATIONS.map(name => name.replace('*', '\\*')).join('|')})$`,
);
const FUNCTION_SCOPE = /^function:[A-Za-z_][A-Za-z0-9_.-]*$/;
/** Files are never updated: they are stored under a new name each time. */
const FILE_SCOPES = ['create', 'read', 'delete', '*'].map(name => `${FILES}:${name}`);

/** Reads every class of the app that no guard keeps. */
const READ_ALL = '*:read';
/** Not Parse Server's own classes, nor files: who means them names them. */
const isOfApp = (className: string) => /^[A-Za-z]/.test(className);

/** Whether these scopes let a class be read by the one that names none. */
const readsAll = (scopes: readonly string[], className: string, isGuarded: IsGuarded): boolean =>
  scopes.includes(READ_ALL) && isOfApp(className) && !isGuarded(className);

/** Whether this is a scope: `Telemetry:create`, `Telemetry:*`, `*:read`, `@File:read`, `function:report`. */
export const isScope = (scope: string): boolean =>
  scope.startsWith('function:')
    ? FUNCTION_SCOPE.test(scope)
    : CLASS_SCOPE.test(scope) || FILE_SCOPES.includes(scope) || scope === READ_ALL;

/** The cloud function that a scope names; `undefined` for one that names none. */
export const functionOf = (scope: string): string | undefined =>
  FUNCTION_SCOPE.test(scope) ? scope.slice('function:'.length) : undefined;

/** The class that a scope names; `undefined` for one that names a function, files, or no class. */
export const classOf = (scope: string): string | undefined =>
  scope.startsWith('function:') || FILE_SCOPES.includes(scope) || scope === READ_ALL
    ? undefined
    : scope.split(':', 1)[0];

/** Whether whoever has these scopes may give this one. @param isGuarded which classes the scope `*:read` does not mean. */
export function isWithin(scope: string, scopes: readonly string[], isGuarded: IsGuarded): boolean {
  if (scopes.includes(scope)) return true;
  if (scope.startsWith('function:')) return false;
  const [named = '', operation] = scope.split(':');
  return scopes.includes(`${named}:*`) || (operation === 'read' && readsAll(scopes, named, isGuarded));
}

/**
 * What the tokens of scoped sessions begin with. A request with any other token needs no look-up before it reads.
 * A client cannot take the prefix away: what is left is another token, of no session.
 */
export const SCOPED_TOKEN_PREFIX = 'r:scoped-';
export const isScopedToken = (token: string): boolean => token.startsWith(SCOPED_TOKEN_PREFIX);

/** The scopes of a session; `null` for one that is not scoped. A scoped token without scopes allows nothing. */
export const scopesOf = ({
  scopes,
  sessionToken,
}: {
  scopes: string[] | null;
  sessionToken: string;
}): readonly string[] | null => scopes ?? (isScopedToken(sessionToken) ? [] : null);

export const OUT_OF_SCOPE_MESSAGE = 'not allowed: outside the scopes of this session';

/** @param name of the class or function, which the client may have chosen. @param missing the scope that it takes. */
const refuseScope = (name = '', missing = '') =>
  refuse(
    ErrorCode.OPERATION_FORBIDDEN,
    withDetail(OUT_OF_SCOPE_MESSAGE, plainName(name) && isScope(missing) ? missing : ''),
    'scope',
  );

export type ScopedOperation = 'create' | 'read' | 'update' | 'delete';

/** Classes that Parse Server reads for itself while it serves any session: roles, and the session to log out. */
const INNER_READS = ['_Role', '_Session'];

export interface ScopedAccess {
  className: string;
  operation: ScopedOperation;
  /** Whether the client asks, or Parse Server on its behalf. */
  byClient: boolean;
}

/** Whether a session with these scopes may do this to a class. @param isGuarded which classes `*:read` does not mean. */
export function mayAccess(
  scopes: readonly string[],
  { className, operation, byClient }: ScopedAccess,
  isGuarded: IsGuarded,
): Decision {
  if (operation === 'read' && readsAll(scopes, className, isGuarded)) return ALLOW;
  // `function:name` names a function, never a class called `function`.
  const ofClass = className === 'function' ? [] : scopes.filter(scope => scope.startsWith(`${className}:`));
  if (ofClass.includes(`${className}:${operation}`) || ofClass.includes(`${className}:*`)) return ALLOW;
  if (!byClient && operation === 'read') {
    if (INNER_READS.includes(className)) return ALLOW;
    // To write an object Parse Server may have to read it.
    if (ofClass.length > 0) return ALLOW;
  }
  return className === 'function' ? refuseScope() : refuseScope(className, `${className}:${operation}`);
}

/** Whether a session with these scopes may call this cloud function. */
export function mayCall(scopes: readonly string[], functionName: string): Decision {
  const scope = `function:${functionName}`;
  return scopes.includes(scope) ? ALLOW : refuseScope(functionName, scope);
}

/** The first two parts of a route of the REST API, decoded as Parse Server decodes them. */
const partsOf = (path: string) => {
  const [first = '', second = ''] = path.split('/').filter(Boolean).map(decode);
  return { first: first.toLowerCase(), second };
};

/** The cloud function that a route calls; `undefined` for any other route. */
export function calledBy(path: string): string | undefined {
  const { first, second } = partsOf(path);
  return first === 'functions' ? second : undefined;
}

/** Routes whose classes are judged where they are read and written. */
const JUDGED_LATER = ['classes', 'users', 'sessions', 'roles', 'installations', 'config', 'batch', 'logout'];

/**
 * Whether a session with these scopes may use a route of the REST API, without its mount path. A route that is not
 * known here is refused.
 */
export function mayRoute(scopes: readonly string[], path: string): Decision {
  const { first, second } = partsOf(path);
  // GraphQL has one route for everything.
  if (first === '' || JUDGED_LATER.includes(first)) return ALLOW;
  if (first === 'functions') return mayCall(scopes, second);
  // Which of them, the trigger on files judges.
  if (first === 'files' && scopes.some(scope => FILE_SCOPES.includes(scope))) return ALLOW;
  return refuseScope();
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
