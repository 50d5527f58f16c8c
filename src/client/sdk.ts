/**
 * The part of the Parse JavaScript SDK that this helper stands on. It is written by hand so that the SDK's three builds
 * (`parse`, `parse/node`, `parse/react-native.js`) all fit, and so that this module imports none of them.
 */
export interface ParseSdk {
  CoreManager: CoreManager;
  User: {
    logOut(): Promise<unknown>;
    hydrate(json: Record<string, unknown>): Promise<unknown>;
  };
  Cloud: { run(name: string, params?: object, options?: object): Promise<unknown> };
  Storage: {
    generatePath(path: string): string;
    getItemAsync(path: string): Promise<string | null>;
    setItemAsync(path: string, value: string): Promise<unknown>;
    removeItemAsync(path: string): Promise<unknown>;
  };
  Error: new (code: number, message: string) => Error & { code: number };
  Query: { prototype: { subscribe(sessionToken?: string): Promise<unknown> } };
  LiveQueryClient: {
    prototype: { subscribe(query: never, sessionToken?: string): Subscription | undefined };
  };
}

interface CoreManager {
  get(key: string): unknown;
  getRESTController(): RestController;
  setRESTController(controller: RestController): void;
  getUserController(): {
    currentUserAsync(): Promise<CurrentUser | null>;
    setCurrentUser(user: CurrentUser): Promise<unknown>;
  };
  getInstallationController(): { currentInstallationId(): Promise<string> };
  getCryptoController(): { decrypt(text: string, key: unknown): string };
}

export interface RestController {
  request(method: string, path: string, data?: unknown, options?: RequestOptions): Promise<unknown>;
  ajax(
    method: string,
    url: string,
    data: unknown,
    headers?: Record<string, string>,
    options?: object,
  ): Promise<unknown>;
  handleError(error?: unknown): unknown;
}

export interface RequestOptions {
  sessionToken?: string;
  useMasterKey?: boolean;
}

/** A `Parse.LiveQueryClient` in use. */
export interface LiveQueryClient {
  /** `disconnected` once it is closed. */
  state: string;
  sessionToken?: string;
  subscriptions: { forEach(each: (subscription: Subscription) => void): void };
  /** Absent until it is opened. */
  socket?: { close(): void };
}

/** A `Parse.LiveQuerySubscription`. */
export interface Subscription {
  sessionToken?: string;
  on(event: string, listener: (message: unknown) => void): unknown;
}

/** Any `Parse.User`, of whichever build of the SDK. */
export interface SignedInUser {
  id?: string;
  getSessionToken(): string | null | undefined;
}

/** The SDK's own, which takes columns as if they had come from the server. */
export interface CurrentUser extends SignedInUser {
  _finishFetch(columns: { sessionToken: string }): void;
}

export function currentUser({ CoreManager }: Pick<ParseSdk, 'CoreManager'>): Promise<CurrentUser | null> {
  return CoreManager.getUserController().currentUserAsync();
}

/** The user that this browser has stored, in whatever form the SDK stores him. */
export const storedUser = ({ Storage }: Pick<ParseSdk, 'Storage'>): Promise<string | null> =>
  Storage.getItemAsync(Storage.generatePath('currentUser'));

/**
 * The user that another tab of this browser has stored meanwhile, in the SDK's JSON; `undefined` when the stored
 * user has this token, or there is none. The SDK reads its storage only once. Without this look a tab whose
 * session is over would remove the sign-in that the other tab has just made.
 */
export async function signedInElsewhere(
  Parse: ParseSdk,
  token: string,
): Promise<{ objectId: string; sessionToken: string } | undefined> {
  const { CoreManager } = Parse;
  const stored = await storedUser(Parse);
  if (!stored) return undefined;
  const { className: _className, ...user } = JSON.parse(
    CoreManager.get('ENCRYPTED_USER')
      ? CoreManager.getCryptoController().decrypt(stored, CoreManager.get('ENCRYPTED_KEY'))
      : stored,
  );
  return user.sessionToken && user.sessionToken !== token ? user : undefined;
}
