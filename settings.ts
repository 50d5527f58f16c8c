import { randomBytes } from 'node:crypto';
import type ParseServer from 'parse-server';

type ServerOptions = ConstructorParameters<typeof ParseServer>[0];

/** Something that whoever starts the server can put right: its message is all that is shown. */
export class StartError extends Error {}

export interface Settings {
  appId: string;
  masterKey: string;
  masterKeyIsRandom: boolean;
  databaseURI: string | undefined;
  host: string;
  port: number;
  parseMount: string;
  graphQLMount: string;
  serverURL: string;
}

/** The server and the demo read the same variables, so that one finds the other. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  // An empty variable is what `PORT= npm start` or a left-out value in a compose file makes: not set.
  const read = (name: string) => env[name]?.trim() || undefined;
  const host = read('HOST') ?? '127.0.0.1';
  const port = readPort(read('PORT') ?? '1337');
  const parseMount = mountPath(read('PARSE_MOUNT') ?? '/parse');
  const graphQLMount = mountPath(read('GRAPHQL_MOUNT') ?? '/graphql');
  if (graphQLMount === parseMount) {
    throw new StartError(`PARSE_MOUNT and GRAPHQL_MOUNT must differ, but both are "${parseMount}".`);
  }
  const masterKey = read('MASTER_KEY');
  return {
    appId: read('APP_ID') ?? 'demo-app',
    masterKey: masterKey ?? randomBytes(24).toString('base64url'),
    masterKeyIsRandom: masterKey === undefined,
    databaseURI: read('DATABASE_URI'),
    host,
    port,
    parseMount,
    graphQLMount,
    serverURL: readServerURL(read('SERVER_URL') ?? `${origin(host, port)}${parseMount}`),
  };
}

/** Where a person types the code of a device. */
export function pairingPage(env: NodeJS.ProcessEnv): string {
  let server = 'http://localhost:1337';
  try {
    server = readSettings(env).serverURL;
  } catch {
    // Whoever starts the server is told of it.
  }
  return new URL('/sessions/pair', server).href;
}

export function origin(host: string, port: number): string {
  // Listening on every address is not an address to send a request to.
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/** What Parse Server is started with here, apart from this package and the cloud code. */
export function serverOptions(
  settings: Pick<Settings, 'appId' | 'masterKey' | 'serverURL'>,
  databaseURI: string,
): ServerOptions {
  const options = {
    appId: settings.appId,
    masterKey: settings.masterKey,
    serverURL: settings.serverURL,
    databaseURI,
    // For trying things out: an app in production makes its classes itself.
    allowClientClassCreation: true,
    // Files only repeat what the console says, and would lie in whichever folder the server was started from.
    logsFolder: null,
    ...settledDefaults,
  };
  // Parse Server's types lag behind its options: some they do not know, others they make mandatory.
  return options as unknown as ServerOptions;
}

/**
 * Parse Server warns, line by line, of each default that its next major version changes. Set here, they leave the
 * first screen to what a newcomer needs: the new default, save where it would hide a user's own fields.
 */
const settledDefaults = {
  fileUpload: { allowedFileUrlDomains: [] },
  pages: { encodePageParamHeaders: true },
  readOnlyMasterKeyIps: ['127.0.0.1', '::1'],
  requestComplexity: {
    includeDepth: 10,
    includeCount: 100,
    subqueryDepth: 10,
    queryDepth: 10,
    graphQLDepth: 20,
    graphQLFields: 200,
    batchRequestLimit: 100,
  },
  protectedFieldsOwnerExempt: true,
  protectedFieldsSaveResponseExempt: true,
  protectedFieldsTriggerExempt: true,
  installation: { duplicateDeviceTokenActionEnforceAuth: true },
  allowAggregationForReadOnlyMasterKey: false,
};

function readPort(value: string): number {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new StartError(`PORT must be a whole number from 1 to 65535, but is "${value}".`);
  }
  return port;
}

function readServerURL(value: string): string {
  if (!/^https?:\/\/[^/]/.test(value) || !URL.canParse(value)) {
    throw new StartError(
      `SERVER_URL must be an address such as http://127.0.0.1:1337/parse, but is "${value}".`,
    );
  }
  return value.replace(/\/+$/, '');
}

function mountPath(value: string): string {
  return `/${value.replace(/^\/+|\/+$/g, '')}`;
}
