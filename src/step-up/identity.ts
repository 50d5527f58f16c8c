import type { User } from 'parse/node';
import { ErrorCode, parseError } from '../errors';
import type { AuthValidation, Database, ParseSdk, Row, ServerConfig } from '../parse-server';
import { isLocked } from '../sessions/users';
import { updateIf } from '../update-if';

/** By what a user proves who he is: his password, what he would log in with by his providers, or both. */
export interface Proof {
  password?: string;
  authData?: Record<string, Row>;
}

const isObject = (value: unknown): value is Row => typeof value === 'object' && value !== null;

const wrongPassword = () => parseError(ErrorCode.OBJECT_NOT_FOUND, 'Invalid username/password.');
const wrongProvider = () => parseError(ErrorCode.OBJECT_NOT_FOUND, 'Invalid auth data.');

/** Checks proofs as a log-in of Parse Server does, and nothing else: it makes no session. */
export class Identity {
  constructor(
    private readonly Parse: ParseSdk,
    private readonly database: Database,
  ) {}

  /**
   * @param config that of the request.
   * @throws 101 for a wrong password, for another user's proof, for a provider that he has not linked, and for a user who
   * is locked; -1 without the second factor that a log-in of his takes; else what the provider's adapter throws.
   */
  async check(user: User, { password, authData }: Proof, config: ServerConfig): Promise<void> {
    const objectId = user.id ?? '';
    const [row] = await this.database.find('_User', { objectId }, { limit: 1 });
    const linked = isObject(row?.authData) ? row.authData : {};
    this.requireSecondFactor(user, linked, authData ?? {}, config);
    if (password !== undefined) await this.checkPassword(user, password, row);
    if (!authData) return;
    if (!row || isLocked(row)) throw wrongProvider();
    await this.checkProviders(row, linked, authData, config);
  }

  /**
   * Refuses whoever has a second factor and does not show it, as `Auth.js#checkIfUserHasProvidedConfiguredProvidersForLogin`
   * of 9.10.0 does: the thief of a password does not have it. It comes first, so nobody learns whether the password was
   * right. A second factor alone is enough: the session has begun with the first one.
   */
  private requireSecondFactor(
    user: User,
    linked: Row,
    shown: Record<string, Row>,
    config: ServerConfig,
  ): void {
    const ofPolicy = (wanted: string) =>
      Object.keys(linked).filter(provider => {
        const { adapter } = config.authDataManager.getValidatorForProvider(provider) ?? {};
        const { policy } = adapter ?? {};
        if (typeof policy !== 'function') return policy === wanted;
        // A log-in takes only a fixed policy for `solo`.
        const request = { ip: config.ip, user, master: false };
        return wanted === 'additional' && policy.call(adapter, request, linked[provider]) === wanted;
      });
    const isShown = (provider: string) => Object.hasOwn(shown, provider);
    const additional = ofPolicy('additional');
    if (additional.length === 0 || additional.some(isShown) || ofPolicy('solo').some(isShown)) return;
    throw parseError(ErrorCode.OTHER_CAUSE, `Missing additional authData ${additional.join(',')}`);
  }

  /**
   * Asks Parse Server whose password this is, by the user's name: not whether his e-mail address is verified. It counts
   * for `accountLockout`.
   */
  private async checkPassword(user: User, password: string, row: Row | undefined): Promise<void> {
    // With the master key, and only so, Parse Server does not ask for the e-mail address. The SDK's types lack the second
    // option.
    const options = { useMasterKey: true, ignoreEmailVerification: true };
    const verified = await this.Parse.User.verifyPassword(user.getUsername() ?? '', password, options);
    // The SDK answers plain JSON, although its types say a `Parse.User`. The name may be somebody else's by now. Parse
    // Server refuses a locked user in the words for a wrong password (`UsersRouter.js#_authenticateUserFromRequest` of
    // 9.10.0), and so must this: a refusal must not tell that the password was right.
    const isOwn = (verified as { objectId?: string } | undefined)?.objectId === user.id;
    if (!isOwn || !row || isLocked(row)) throw wrongPassword();
  }

  /** As `Auth.js#handleAuthDataValidation` of 9.10.0 does for a log-in: one by one, so that no code is sent in vain. */
  private async checkProviders(
    row: Row,
    linked: Row,
    proofs: Record<string, Row>,
    config: ServerConfig,
  ): Promise<void> {
    const used: Array<[provider: string, own: Row, data: Row]> = [];
    for (const provider of Object.keys(proofs).sort()) {
      const own = Object.hasOwn(linked, provider) ? linked[provider] : undefined;
      if (!isObject(own)) throw wrongProvider();
      const validation = await this.validate(provider, structuredClone(proofs[provider]!), own, row, config);
      if (isObject(validation?.save)) used.push([provider, own, validation.save]);
    }
    // Once all of them were right: a wrong one must not use up a recovery code.
    for (const [provider, own, data] of used) await this.save(row, provider, own, data);
  }

  /** Has the provider's adapter judge what a client shows of it. */
  private async validate(
    provider: string,
    shown: Row,
    own: Row,
    row: Row,
    config: ServerConfig,
  ): Promise<AuthValidation | undefined> {
    const { validator, adapter } = config.authDataManager.getValidatorForProvider(provider) ?? {};
    if (!validator || config.auth?.[provider]?.enabled === false) throw wrongProvider();
    // A second factor that is not set up yet is no proof: its adapter lets any code pass.
    const seen = await adapter?.afterFind?.(structuredClone(own), undefined, { master: false });
    if (isObject(seen) && seen.status === 'disabled') throw wrongProvider();
    // Some adapters learn the user's id here, from a code.
    await adapter?.beforeFind?.(shown);
    // An adapter compares a proof with the id that the client names, and nobody else compares that with the user's.
    if ('id' in own && shown.id !== own.id) throw wrongProvider();
    const userOf = () => this.Parse.User.fromJSON({ className: '_User', ...structuredClone(row) }) as User;
    const original = userOf();
    const request = {
      triggerName: undefined as string | undefined,
      object: userOf(),
      original,
      master: false,
      isReadOnly: false,
      log: config.loggerController,
      headers: config.headers,
      ip: config.ip,
      config,
    };
    // Nobody is logged in: for a user who is, adapters take the data for a change of what is linked.
    const validation = await validator(shown, { config, auth: {} }, original, request);
    if (!validation?.validator) return validation;
    request.triggerName = validation.method;
    return validation.validator();
  }

  /** Stores what a proof has used up, such as a recovery code. Of two at the same time one is right. */
  private async save(row: Row, provider: string, own: Row, data: Row): Promise<void> {
    // As `AuthDataLock.js` of 9.10.0: of these types the databases compare what is stored.
    const isComparable = (value: unknown) =>
      ['string', 'number', 'boolean'].includes(typeof value) || Array.isArray(value);
    const used = Object.entries(own).filter(
      ([key, value]) => isComparable(value) && JSON.stringify(value) !== JSON.stringify(data[key]),
    );
    const unchanged = Object.fromEntries(used.map(([key, value]) => [`authData.${provider}.${key}`, value]));
    const query = { objectId: row.objectId, ...unchanged };
    if (!(await updateIf(this.database, '_User', query, { authData: { [provider]: data } }))) {
      throw wrongProvider();
    }
  }
}
