import { ErrorCode, parseError } from '../errors';
import type { Composer, Register } from '../parse-cloud';
import { transactionOf } from '../gate/visit';
import type { FunctionRequest } from '../parse-server';
import { silence } from '../log';
import type { Webhooks } from '../webhooks';
import type { CloudFunction } from './session-functions';

/** Parse Server logs the parameters and the answer of each function: these parameters get masked before. */
const SECRET_PARAMS = ['password', 'sessionToken', 'except'];
/** And this answer must reach the caller as it is, so it is not logged. */
const ANSWERS_TOKEN = new Set(['createRestrictedSession']);

/**
 * Defines the cloud functions.
 * @returns what keeps their names: a function of the app under one of them would silently replace it.
 */
export function registerFunctions(
  define: Register,
  prefix: string,
  functions: Record<string, CloudFunction>,
  webhooks: Webhooks,
): Composer {
  const own = new Set(Object.keys(functions).map(name => prefix + name));
  const refuse = (name: string) => {
    throw new Error(
      `The cloud function "${name}" is parse-server-sessions' own. Rename the app's function, or set the ` +
        'option functionPrefix.',
    );
  };
  for (const [name, run] of Object.entries(functions)) {
    if (webhooks.hasFunction(prefix + name)) refuse(prefix + name);
    define(prefix + name, async (request: FunctionRequest) => {
      if (transactionOf(request.config)) {
        // It would work on another connection, and wait there for what the transaction has locked.
        throw parseError(ErrorCode.OPERATION_FORBIDDEN, `${name} cannot be part of a transaction.`);
      }
      try {
        const answer = await run(request);
        if (ANSWERS_TOKEN.has(name)) silence(request.config, 'cloudFunctionSuccess');
        return answer;
      } finally {
        for (const param of SECRET_PARAMS) if (param in request.params) request.params[param] = '********';
      }
    });
  }
  return (register, name, handler, validator) => {
    if (own.has(name)) refuse(name);
    return register(name, handler, validator);
  };
}
