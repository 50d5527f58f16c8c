import { docs } from '../docs';
import { ErrorCode, parseError } from '../errors';
import type { Composer, Register } from '../parse-cloud';
import { transactionOf } from '../gate/visit';
import type { FunctionRequest } from '../parse-server';
import { silence } from '../log';
import { masked } from '../policy/masks';
import type { Webhooks } from '../webhooks';
import { givenParams } from './params';
import type { CloudFunction } from './session-functions';

/**
 * Whether an answer holds a token. It cannot be masked on its way to the caller, so it is not logged at all: Parse Server
 * logs calls by the logger of whichever app of the process was constructed last, which may be another one's
 * (`FunctionsRouter.js#handleCloudFunction` of 9.10.0).
 */
const holdsToken = (answer: unknown) =>
  ['sessionToken', 'deviceCode'].some(name => Object.hasOwn(Object(answer), name));

/**
 * Defines the cloud functions.
 * @returns a composer that refuses a function of the app under one of their names: it would silently replace ours.
 * @throws Error when a webhook has one of their names.
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
        `option functionPrefix. See ${docs('errors', 'name-taken')}`,
    );
  };
  for (const [name, run] of Object.entries(functions)) {
    if (webhooks.hasFunction(prefix + name)) refuse(prefix + name);
    define(prefix + name, async (request: FunctionRequest) => {
      if (transactionOf(request.config)) {
        // The function would work on another connection, and wait there for what the transaction has locked.
        throw parseError(ErrorCode.OPERATION_FORBIDDEN, `${name} cannot be part of a transaction.`);
      }
      try {
        const answer = await run({ ...request, params: givenParams(request.params) });
        if (holdsToken(answer)) silence(request.config, 'cloudFunctionSuccess');
        return answer;
      } finally {
        // Parse Server logs this very object. Its keys may be tokens as well.
        const clean = masked(request.params);
        if (clean !== request.params) {
          for (const key of Object.keys(request.params)) delete request.params[key];
          Object.assign(request.params, clean);
        }
      }
    });
  }
  return (register, name, handler, validator) => {
    if (own.has(name)) refuse(name);
    return register(name, handler, validator);
  };
}
