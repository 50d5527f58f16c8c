import type { ClientSession } from '../../client';
import type { CommonWords } from './words-en';

type Device = ClientSession['device'];

/** A text without what turns the direction: in a name it would turn the words of the page round it as well. */
export const withoutTurns = (text: string): string => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '');

/** A text of which nobody sees anything. Some of these signs have their use beside others. */
const UNSEEN = /^[\p{Cc}\p{Cf}\p{Z}\u115f\u1160\u2800\u3164\uffa0]*$/u;

/** What a session or a device is called: by its user, else by what it says of itself. Never blank. */
export function labelOf(
  { name, device }: { name: string | null; device: Device | null },
  words: CommonWords,
): string {
  const given = name && withoutTurns(name).trim();
  if (given && !UNSEEN.test(given)) return given;
  const { browser, os } = device ?? {};
  if (browser && os) return words.on({ app: browser, system: os });
  return browser ?? (os ? words.on({ app: words.unknownApp, system: os }) : words.unknownDevice);
}

const KINDS = ['desktop', 'mobile', 'tablet', 'tv', 'bot'] as const;
export type Kind = (typeof KINDS)[number] | 'unknown';

export const kindOf = (device: Device | null): Kind => KINDS.find(kind => kind === device?.type) ?? 'unknown';

/** The word for the kind of a device. */
export const kindWord = (device: Device | null, words: CommonWords): string =>
  words[`kind.${kindOf(device)}`];

const OPERATIONS = {
  create: 'scopeCreate',
  read: 'scopeRead',
  update: 'scopeUpdate',
  delete: 'scopeDelete',
  '*': 'scopeEverything',
} as const;

/** A scope in words: "add Telemetry". */
export function scopeWords(scope: string, words: CommonWords): string {
  if (scope === '*:read') return words.scopeReadAll;
  const at = scope.indexOf(':');
  const [target, operation] = [scope.slice(0, at), scope.slice(at + 1)];
  if (target === 'function') return words.scopeFunction({ name: operation });
  const say = OPERATIONS[operation as keyof typeof OPERATIONS];
  const name = target === '@File' ? words.files : target;
  return say ? words[say]({ name }) : scope;
}

/** How a session was signed in: "Password", "facebook". */
export function howOf(
  { createdWith, restricted }: Pick<ClientSession, 'createdWith' | 'restricted'>,
  words: CommonWords,
): string | null {
  const { action, authProvider } = createdWith ?? {};
  if (restricted || action === 'create') return words.byDevice;
  if (authProvider === 'masterkey') return words.byOperator;
  if (authProvider === 'anonymous') return words.byGuest;
  if (authProvider && authProvider !== 'password') return authProvider;
  if (action === 'signup') return words.bySignUp;
  return authProvider ? words.byPassword : null;
}
