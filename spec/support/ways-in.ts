import { APP_ID, MASTER_KEY, type SpecServer } from './server';

type Json = Record<string, any>;

export type Operation = 'create' | 'update' | 'delete';

export interface Write {
  operation: Operation;
  className: string;
  objectId?: string;
  fields?: Json;
}

/** A session's token, or the master key. */
export type Who = { token: string } | { master: true };

export interface Outcome {
  /** Parse's error code; undefined when the write was made. */
  code?: number;
  message?: string;
  /** What the server answered to a write that it made. */
  result?: any;
}

export type WayIn = (server: SpecServer, write: Write, who: Who) => Promise<Outcome>;

const COLLECTIONS: Record<string, string> = { _User: 'users', _Role: 'roles', _Session: 'sessions' };
const METHODS = { create: 'POST', update: 'PUT', delete: 'DELETE' } as const;

export const REFUSED = { code: 119, message: 'write operation not allowed: restricted session' };

function callOf({ operation, className, objectId, fields }: Write, collection?: string) {
  return {
    method: METHODS[operation],
    path: `/${collection ?? `classes/${className}`}${operation === 'create' ? '' : `/${objectId}`}`,
    body: operation === 'delete' ? undefined : (fields ?? {}),
  };
}

const collectionOf = ({ className }: Write) => COLLECTIONS[className];

export function outcomeOf(answer: any): Outcome {
  return answer?.code === undefined
    ? { result: answer }
    : { code: answer.code, message: answer.error ?? answer.message };
}

/** A POST that a browser sends without asking first: everything in a body of text, as the JavaScript SDK does. */
export async function postAsText(server: SpecServer, path: string, body: Json, who?: Who): Promise<Json> {
  const credentials = who && ('master' in who ? { _MasterKey: MASTER_KEY } : { _SessionToken: who.token });
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'text/plain' },
    body: JSON.stringify({ ...body, _ApplicationId: APP_ID, ...credentials }),
  });
  return (await response.json()) as Json;
}

async function batch(server: SpecServer, write: Write, who: Who, transaction?: boolean): Promise<Outcome> {
  const { method, path, body } = callOf(write, collectionOf(write));
  const requests = [{ method, path: `/parse${path}`, body }];
  const answer = await server.rest('POST', '/batch', { ...who, body: { requests, transaction } });
  if (!Array.isArray(answer.body)) return outcomeOf(answer.body);
  const [part] = answer.body;
  return part.error ? outcomeOf(part.error) : { result: part.success };
}

async function graphql(server: SpecServer, write: Write, who: Who): Promise<Outcome> {
  const { operation, objectId, fields } = write;
  const name = write.className.replace(/^_/, '');
  const type = `${operation[0]?.toUpperCase()}${operation.slice(1)}${name}Input!`;
  const field = name[0]?.toLowerCase() + name.slice(1);
  const answer = await server.rest('POST', server.graphqlUrl, {
    ...who,
    body: {
      query: `mutation ($input: ${type}) { ${operation}${name}(input: $input) { ${field} { objectId } } }`,
      variables: {
        input: { ...(objectId && { id: objectId }), ...(operation !== 'delete' && { fields: fields ?? {} }) },
      },
    },
  });
  const [error] = answer.body.errors ?? [];
  if (error) return { code: error.extensions?.code, message: error.message };
  return { result: Object.values<any>(answer.body.data)[0][field] };
}

/** A cloud function that writes with the SDK, on behalf of its caller. */
export function defineSdkWrite(Parse: any): void {
  Parse.Cloud.define('sdkWrite', async ({ params, user, master }: any) => {
    // As text: Parse Server would turn pointers and dates of the parameters into objects.
    const { operation, className, objectId, fields, many } = JSON.parse(params.write);
    const options = master ? { useMasterKey: true } : { sessionToken: user.getSessionToken() };
    // Without the subclasses, which refuse some fields before they ask the server.
    const object = new Parse.Object(className);
    if (objectId) object.id = objectId;
    for (const [key, value] of Object.entries(fields ?? {})) {
      object.set(key, (value as Json)?.__op ? value : Parse._decode(key, value));
    }
    try {
      if (operation === 'delete')
        await (many ? Parse.Object.destroyAll([object], options) : object.destroy(options));
      else await (many ? Parse.Object.saveAll([object], options) : object.save(null, options));
      return { result: object.toJSON() };
    } catch (error: any) {
      const { code, message } = error.errors?.[0] ?? error[0] ?? error;
      return { refused: code, message };
    }
  });
}

async function sdk(server: SpecServer, write: Write, who: Who, many: boolean): Promise<Outcome> {
  const params = { write: JSON.stringify({ ...write, many }) };
  const { refused, message, result } = await server.run('sdkWrite', params, who);
  return refused === undefined ? { result } : { code: refused, message };
}

/** The ways in which a client's write reaches Parse Server. The server needs `graphql` and `defineSdkWrite`. */
export const WAYS_IN = {
  REST: async (server, write, who) => {
    const { method, path, body } = callOf(write, collectionOf(write));
    return outcomeOf((await server.rest(method, path, { ...who, body })).body);
  },
  'REST, /classes/': async (server, write, who) => {
    const { method, path, body } = callOf(write);
    return outcomeOf((await server.rest(method, path, { ...who, body })).body);
  },
  batch: (server, write, who) => batch(server, write, who),
  'method override': async (server, write, who) => {
    const { method, path, body } = callOf(write, collectionOf(write));
    return outcomeOf(await postAsText(server, path, { ...body, _method: method }, who));
  },
  GraphQL: graphql,
  'SDK in cloud code': (server, write, who) => sdk(server, write, who, false),
  'SDK in cloud code, saveAll and destroyAll': (server, write, who) => sdk(server, write, who, true),
} satisfies Record<string, WayIn>;

/** The mongo-java-server and a mongod that stands alone have no transactions. */
export const transactionalBatch: WayIn = (server, write, who) => batch(server, write, who, true);

export const waysIn = Object.entries(WAYS_IN) as Array<[string, WayIn]>;
