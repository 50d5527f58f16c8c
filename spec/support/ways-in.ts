import { APP_ID, MASTER_KEY, READ_ONLY_MASTER_KEY, type RestOptions, type SpecServer } from './server';

declare const SPEC_DATABASE: 'postgresql' | 'mongodb';

type Json = Record<string, any>;

export type Operation = 'create' | 'update' | 'delete';

export interface Write {
  operation: Operation;
  className: string;
  objectId?: string;
  fields?: Json;
  /** What GraphQL selects of the answer. */
  selection?: string;
}

/** A `get` of one object, or a `find` of those with these ids, or those that a query finds. */
export interface Read {
  operation: 'get' | 'find';
  className: string;
  objectId?: string;
  ids?: string[];
  where?: Json;
  selection?: string;
}

/** Who calls: a session's token, a key, or headers that the app knows. */
export type Who = Pick<RestOptions, 'token' | 'master' | 'readOnlyMaster' | 'headers'>;

export interface Outcome {
  /** Parse's error code; undefined when the write was made. */
  code?: number;
  message?: string;
  /** What the server answered otherwise: of a find the rows, as `results`. */
  result?: any;
}

export type WayIn = (server: SpecServer, call: Write | Read, who: Who) => Promise<Outcome>;

/** The classes with a route of their own. */
export const COLLECTIONS: Record<string, string> = {
  _User: 'users',
  _Role: 'roles',
  _Session: 'sessions',
  _Installation: 'installations',
};
const METHODS = { create: 'POST', get: 'GET', find: 'GET', update: 'PUT', delete: 'DELETE' } as const;

export const REFUSED = { code: 119, message: 'write operation not allowed: restricted session' };

const isRead = (call: Write | Read): call is Read => call.operation === 'get' || call.operation === 'find';

const whereOf = ({ ids, where }: Read): Json | undefined => where ?? (ids && { objectId: { $in: ids } });

function callOf(call: Write | Read, collection?: string) {
  const { operation, className, objectId } = call;
  const path = `/${collection ?? `classes/${className}`}`;
  return {
    method: METHODS[operation],
    path: operation === 'create' || operation === 'find' ? path : `${path}/${objectId}`,
    body: bodyOf(call),
  };
}

function bodyOf(call: Write | Read): Json | undefined {
  if (isRead(call)) return call.operation === 'find' ? { where: whereOf(call) } : undefined;
  return call.operation === 'delete' ? undefined : (call.fields ?? {});
}

const collectionOf = ({ className }: Write | Read) => COLLECTIONS[className];

async function rest(server: SpecServer, call: Write | Read, who: Who, collection?: string): Promise<Outcome> {
  const { method, path, body } = callOf(call, collection);
  if (!isRead(call)) return outcomeOf((await server.rest(method, path, { ...who, body })).body);
  const query = body ? `?where=${encodeURIComponent(JSON.stringify(body.where))}` : '';
  return outcomeOf((await server.rest(method, path + query, who)).body);
}

export function outcomeOf(answer: any): Outcome {
  return answer?.code === undefined
    ? { result: answer }
    : { code: answer.code, message: answer.error ?? answer.message };
}

/** A POST that a browser sends without asking first: everything in a body of text, as the JavaScript SDK does. */
export async function postAsText(server: SpecServer, path: string, body: Json, who?: Who): Promise<Json> {
  const credentials = {
    ...(who?.token && { _SessionToken: who.token }),
    ...(who?.master && { _MasterKey: MASTER_KEY }),
    ...(who?.readOnlyMaster && { _MasterKey: READ_ONLY_MASTER_KEY }),
  };
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'text/plain', ...who?.headers },
    body: JSON.stringify({ ...body, _ApplicationId: APP_ID, ...credentials }),
  });
  return (await response.json()) as Json;
}

async function batch(
  server: SpecServer,
  call: Write | Read,
  who: Who,
  transaction?: boolean,
): Promise<Outcome> {
  const { method, path, body } = callOf(call, collectionOf(call));
  const requests = [{ method, path: `/parse${path}`, body }];
  const answer = await server.rest('POST', '/batch', { ...who, body: { requests, transaction } });
  if (!Array.isArray(answer.body)) return outcomeOf(answer.body);
  const [part] = answer.body;
  return part.error ? outcomeOf(part.error) : { result: part.success };
}

const capitalized = (name: string) => `${name[0]?.toUpperCase()}${name.slice(1)}`;

/** A call as GraphQL takes it, and where in `data` its answer is. */
function graphqlOf(call: Write | Read): { query: string; variables: Json; answer(data: any): any } {
  const { operation, objectId, selection = 'objectId' } = call;
  const name = capitalized(call.className.replace(/^_/, ''));
  const field = name[0]?.toLowerCase() + name.slice(1);
  if (!isRead(call)) {
    const input = {
      ...(objectId && { id: objectId }),
      ...(operation !== 'delete' && { fields: call.fields ?? {} }),
    };
    return {
      query: `mutation ($input: ${capitalized(operation)}${name}Input!) {
        ${operation}${name}(input: $input) { ${field} { ${selection} } }
      }`,
      variables: { input },
      answer: data => data[operation + name][field],
    };
  }
  if (operation === 'get') {
    return {
      query: `query ($id: ID!) { ${field}(id: $id) { ${selection} } }`,
      variables: { id: objectId },
      answer: data => data[field],
    };
  }
  const edges = (data: any) => data[`${field}s`].edges as Array<{ node: Json }>;
  return {
    query: `query ($where: ${name}WhereInput!) {
      ${field}s(where: $where) { edges { node { ${selection} } } }
    }`,
    variables: { where: { objectId: { in: call.ids } } },
    answer: data => ({ results: edges(data).map(({ node }) => node) }),
  };
}

async function graphql(server: SpecServer, call: Write | Read, who: Who): Promise<Outcome> {
  const { query, variables, answer } = graphqlOf(call);
  const { body } = await server.rest('POST', server.graphqlUrl, { ...who, body: { query, variables } });
  const [error] = body.errors ?? [];
  if (error) return { code: error.extensions?.code, message: error.message };
  return body.data ? { result: answer(body.data) } : outcomeOf(body);
}

const sdkOptions = ({ user, master }: any) =>
  master ? { useMasterKey: true } : { sessionToken: user?.getSessionToken() };

/** A cloud function that reads with the SDK, on behalf of its caller. */
export function defineSdkRead(Parse: any): void {
  Parse.Cloud.define('sdkRead', async ({ params, user, master }: any) => {
    const { className, objectId, where } = JSON.parse(params.read);
    const options = sdkOptions({ user, master });
    try {
      if (!objectId) {
        const query = Parse.Query.fromJSON(className, { where });
        return { result: { results: await query.find({ ...options, json: true }) } };
      }
      const object = new Parse.Object(className);
      object.id = objectId;
      return { result: (await object.fetch(options)).toJSON() };
    } catch (error: any) {
      return { refused: error.code ?? null, message: error.message };
    }
  });
}

/** A cloud function that writes with the SDK, on behalf of its caller. */
export function defineSdkWrite(Parse: any): void {
  Parse.Cloud.define('sdkWrite', async ({ params, user, master }: any) => {
    // As text: Parse Server would turn pointers and dates of the parameters into objects.
    const { operation, className, objectId, fields, many } = JSON.parse(params.write);
    const options = sdkOptions({ user, master });
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

async function sdk(server: SpecServer, call: Write | Read, who: Who, many: boolean): Promise<Outcome> {
  const answer = isRead(call)
    ? await server.run('sdkRead', { read: JSON.stringify({ ...call, where: whereOf(call) }) }, who)
    : await server.run('sdkWrite', { write: JSON.stringify({ ...call, many }) }, who);
  const { refused, message, result } = answer;
  return refused === undefined ? { result } : { code: refused, message };
}

/**
 * The ways in which a client's call reaches Parse Server. The server needs `graphql`, `defineSdkWrite` and, to read,
 * `defineSdkRead`.
 */
export const WAYS_IN = {
  REST: (server, call, who) => rest(server, call, who, collectionOf(call)),
  'REST, /classes/': (server, call, who) => rest(server, call, who),
  batch: (server, call, who) => batch(server, call, who),
  'method override': async (server, call, who) => {
    const { method, path, body } = callOf(call, collectionOf(call));
    return outcomeOf((await server.rest('POST', path, { ...who, body: { ...body, _method: method } })).body);
  },
  'token in the body': async (server, call, who) => {
    const { method, path, body } = callOf(call, collectionOf(call));
    return outcomeOf(await postAsText(server, path, { ...body, _method: method }, who));
  },
  GraphQL: graphql,
  'SDK in cloud code': (server, call, who) => sdk(server, call, who, false),
  'SDK in cloud code, saveAll and destroyAll': (server, call, who) => sdk(server, call, who, true),
} satisfies Record<string, WayIn>;

/** The mongo-java-server and a mongod that stands alone have no transactions. */
export const transactionalBatch: WayIn = (server, call, who) => batch(server, call, who, true);

export const waysIn = Object.entries(WAYS_IN) as Array<[string, WayIn]>;

/** The same, and a batch in a transaction where the database of the specs has any. */
export const waysInAndTransaction: Array<[string, WayIn]> =
  SPEC_DATABASE === 'postgresql' ? [...waysIn, ['a transaction', transactionalBatch]] : waysIn;

/** Uploads a file as GraphQL's clients do. Answers what GraphQL answers. */
export async function uploadByGraphQL({ graphqlUrl, appId }: SpecServer, token: string): Promise<any> {
  const form = new FormData();
  const query =
    'mutation ($upload: Upload!) { createFile(input: { upload: $upload }) { fileInfo { name url } } }';
  form.append('operations', JSON.stringify({ query, variables: { upload: null } }));
  form.append('map', JSON.stringify({ 1: ['variables.upload'] }));
  form.append('1', new Blob(['hello'], { type: 'text/plain' }), 'note.txt');
  const headers = { 'X-Parse-Application-Id': appId, 'X-Parse-Session-Token': token };
  return (await fetch(graphqlUrl, { method: 'POST', headers, body: form })).json();
}
