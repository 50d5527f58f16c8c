/**
 * The part of Parse Server's public surface that this package stands on, typed by hand: Parse Server's own
 * types leave `Parse.Server`, `request.config` and the database controller out.
 */
import type Parse from 'parse/node';
import type { User } from 'parse/node';

/** The SDK as Parse Server hands it to cloud code. */
export type ParseSdk = Omit<typeof Parse, 'Cloud'> & {
  Server: ServerConfig;
  Cloud: Record<string, (...args: never[]) => unknown>;
};

/** A row in REST format: dates are `{ __type: 'Date', iso }` or ISO strings. */
export type Row = Record<string, unknown>;
export type Query = Record<string, unknown>;

export interface DatabaseOptions {
  /** The client's user id and roles; absent when the server itself reads or writes, as master. */
  acl?: string[];
  op?: string;
  limit?: number;
  skip?: number;
  count?: boolean;
  sort?: Record<string, unknown>;
  keys?: string[];
  many?: boolean;
  [option: string]: unknown;
}

/** A class as its schema has it. */
export interface ClassSchema {
  className: string;
  fields: Record<string, { type: string }>;
}

export interface SchemaController {
  enforceClassExists(className: string): Promise<unknown>;
  enforceFieldExists(
    className: string,
    field: string,
    type: { type: string },
    ignoreOptions: boolean,
  ): unknown;
  hasClass(className: string): Promise<boolean>;
  addClassIfNotExists(
    className: string,
    fields: Record<string, { type: string }>,
    classLevelPermissions: Record<string, unknown>,
  ): Promise<unknown>;
  setPermissions(
    className: string,
    classLevelPermissions: Record<string, unknown>,
    fields: Record<string, { type: string }>,
  ): Promise<unknown>;
  reloadData(options: { clearCache: boolean }): Promise<unknown>;
  validatePermission(className: string, aclGroup: string[], operation: string): unknown;
  getOneSchema(
    className: string,
  ): Promise<Pick<ClassSchema, 'fields'> & { classLevelPermissions: Record<string, unknown> }>;
  getAllClasses(options: { clearCache: boolean }): Promise<ClassSchema[]>;
}

export interface Database {
  createTransactionalSession(): Promise<void>;
  commitTransactionalSession(): Promise<void>;
  abortTransactionalSession(): Promise<void>;
  adapter: {
    /** True of MongoDB's, false of PostgreSQL's. */
    canSortOnJoinTables?: boolean;
    ensureIndex(
      className: string,
      schema: { fields: Record<string, { type: string }> },
      fields: string[],
      name: string,
      caseInsensitive: boolean,
      options: Record<string, unknown>,
    ): Promise<unknown>;
    /** The indexes of a class, as the database tells of them. An adapter need not have it. */
    getIndexes?(className: string): Promise<Row[]>;
    /** Reads rows past all that a controller does. */
    find(
      className: string,
      schema: { fields: Record<string, { type: string }> },
      query: Query,
      options: Record<string, unknown>,
    ): Promise<Row[]>;
    /** Closes the database when Parse Server shuts down. An adapter need not have it. */
    handleShutdown?(): unknown;
  };
  /** The configuration that this controller was made for; it holds this controller as its `database`. */
  options?: ServerConfig;
  loadSchema(options?: { clearCache: boolean }): Promise<SchemaController>;
  // Reads answer rows, or a number for `count`.
  find(
    className: string,
    query: Query,
    options?: DatabaseOptions,
    auth?: unknown,
    schema?: unknown,
  ): Promise<Row[] & number>;
  create(
    className: string,
    object: Row,
    options?: DatabaseOptions,
    validateOnly?: boolean,
    schema?: unknown,
  ): Promise<unknown>;
  update(
    className: string,
    query: Query,
    update: Row,
    options?: DatabaseOptions,
    skipSanitization?: boolean,
    validateOnly?: boolean,
    schema?: unknown,
  ): Promise<unknown>;
  destroy(className: string, query: Query, options?: DatabaseOptions, schema?: unknown): Promise<unknown>;
  validateObject(
    className: string,
    object: Row,
    query: Query | null | undefined,
    runOptions: DatabaseOptions,
    maintenance?: boolean,
  ): Promise<unknown>;
}

interface UserCache {
  get(token: string): Promise<unknown>;
  put(token: string, value: unknown, ttl?: number): Promise<unknown>;
  del(token: string): Promise<unknown>;
}

export interface CacheController {
  user: UserCache;
  /** The roles of users, by their ids. */
  role: { get(userId: string): Promise<string[] | null> };
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown, ttl?: number): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

/** Parse Server's logger controller: everything that is logged goes through `log`. */
export interface LoggerController extends Logger {
  log(level: string, args: ArrayLike<unknown>): void;
}

export interface Logger {
  info(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
}

/** A file adapter, as apps hand one to Parse Server. */
interface FilesAdapter {
  createFile(name: string, data: unknown, contentType?: string): Promise<unknown>;
  deleteFile(name: string): Promise<unknown>;
  getFileData(name: string): Promise<Uint8Array>;
  getFileLocation(config: ServerConfig, name: string): Promise<string> | string;
}

/** An entry of the option `requestKeywordDenylist`; a text is a pattern. */
export interface DeniedKeyword {
  key?: unknown;
  value?: unknown;
}

/** What an auth adapter answers to a proof (`Adapters/Auth/AuthAdapter.js` of 9.10.0). */
export interface AuthValidation {
  /** The step of the adapter that is to be asked next. */
  method?: string;
  validator?(): Promise<AuthValidation | undefined>;
  /** What the user is to keep of the provider from now on. */
  save?: unknown;
}

/** An auth adapter, and Parse Server's way to ask it; none for a provider that is switched off. */
interface AuthProvider {
  validator?(
    authData: Row,
    request: { config: ServerConfig; auth: object },
    user: User,
    requestObject: object,
  ): Promise<AuthValidation | undefined>;
  adapter?: {
    beforeFind?(authData: Row): unknown;
    /** What a client is shown of what is linked. The adapter for second factors answers whether one is set up. */
    afterFind?(authData: Row, options: unknown, request: object): unknown;
    /** `additional`: without one of these nobody logs in who has linked one; `solo`: it stands alone. */
    policy?: string | ((request: object, linked: unknown) => string | undefined);
  };
}

export interface ServerConfig {
  applicationId: string;
  filesController: { adapter: FilesAdapter };
  database: Database;
  cacheController: CacheController;
  loggerController: LoggerController;
  /** Parse Server's validators of `authData`, by provider. */
  authDataManager: { getValidatorForProvider(provider: string): AuthProvider | undefined };
  /** The providers that the app has configured. */
  auth?: Record<string, { enabled?: boolean } | undefined>;
  logLevels?: Record<string, string>;
  cacheTTL?: number;
  objectIdSize?: number;
  serverURL?: string;
  publicServerURL?: unknown;
  sessionLength?: number;
  expireInactiveSessions?: boolean;
  extendSessionOnUse?: boolean;
  revokeSessionOnPasswordReset?: boolean;
  /** Parse Server's own version. */
  version?: string;
  requestContextMiddleware?: object;
  /** `initialized`, `starting`, `ok` or `error`. */
  state?: string;
  /** What no request may write. */
  requestKeywordDenylist?: readonly DeniedKeyword[];
  /** The classes that Parse Server makes the database hold at each start. */
  schema?: {
    definitions?: ReadonlyArray<{ className: string }>;
    keepUnknownIndexes?: boolean;
  };
  /** The client's address, as Parse Server has read it from Express. */
  ip?: string;
  /** Those of the request, once Parse Server has read them; none where no request is behind it. */
  headers?: Record<string, unknown>;
  generateSessionExpiresAt(): Date | undefined;
}

export interface Auth {
  isMaster?: boolean;
  isMaintenance?: boolean;
  isReadOnly?: boolean;
  user?: User;
  getUserRoles(): Promise<string[]>;
}

/** An Express request as `requestContextMiddleware` sees it. */
export interface ServerRequest {
  auth?: Auth;
  /** A user that the app's own middleware, in front of Parse Server, has authenticated. */
  userFromJWT?: User;
  info?: { sessionToken?: string; installationId?: string };
  config: ServerConfig;
  /** Without the path that the API is mounted on. */
  path: string;
  originalUrl: string;
  /** The Express app that the middleware is a part of. */
  app?: { get?(setting: string): unknown; router?: { stack?: Array<{ name: string }> } };
  body?: { requests?: Array<{ path?: unknown }> };
  ip?: string;
  socket?: { remoteAddress?: string };
  headers: Record<string, string | string[] | undefined>;
}

export interface ServerResponse {
  statusCode: number;
  json(body: unknown): unknown;
  readonly writableEnded: boolean;
  on?(event: 'finish', listener: () => void): unknown;
}

export type Middleware = (
  request: ServerRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/** What Parse Server hands to a trigger, a cloud function or a validator. */
export interface CloudRequest {
  master?: boolean;
  isReadOnly?: boolean;
  user?: User;
  config: ServerConfig;
  triggerName?: string;
  functionName?: string;
  /** The object that a trigger is about. */
  object?: { className?: string; id?: string };
  ip?: string;
  headers?: Record<string, string | string[] | undefined>;
}

/** What Parse Server hands to a cloud function or a job. */
export interface FunctionRequest extends CloudRequest {
  params: Record<string, unknown>;
  /** Of a job: that of its row in `_JobStatus`. */
  jobId?: string;
}

/** The options of Parse Server that `configure()` composes; every other option passes through unchanged. */
export interface ServerOptions {
  appId?: string;
  requestContextMiddleware?: unknown;
  cloud?: unknown;
  [option: string]: unknown;
}
