import { inspect } from 'node:util';
import { isSecretName } from '../../../src/policy/masked-text';
import { masked } from '../../../src/policy/masks';

const MASK = '********';
const TOKEN = 'r:0123456789abcdef0123456789abcdef';

const SELF: Record<string, unknown> = { name: 'x' };
SELF.self = SELF;

it.each([
  ['%22_auth_data_', 'a'],
  ['%22token', 'a'],
  ['?_auth_data_', 'a'],
  ['"_auth_data_', 'a'],
  ['_auth_data_', 'a'],
  ['r%', '25'],
  ['', 'r%25'],
  ['%22token%', '25'],
  ['%22token%22', '%2520'],
  ['', '%2522token'],
  ['', '%26token%'],
  ['%26_auth_data_', '25'],
])('a text of what a client may write takes no longer than its length: %s%s…', (start, part) => {
  const time = (length: number) => {
    const text = start + part.repeat(length / part.length);
    const before = process.cpuUsage();
    masked(text);
    masked({ [text]: 1 });
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  // Quadratic, it would take minutes.
  expect(time(1_000_000)).toBeLessThan(5_000_000);
});

it('a value that does not tell its parts ends nothing', () => {
  const refuse = () => {
    throw new Error('no keys');
  };
  for (const trap of ['ownKeys', 'getPrototypeOf']) {
    const mute = new Proxy({ token: TOKEN }, { [trap]: refuse });
    expect(Object.is(masked(mute), mute)).toBe(true);
    expect((masked({ mute, sessionToken: TOKEN }) as any).sessionToken).toBe(MASK);
  }
});

it.each([
  'Paid for Order:507f1f77bcf86cd799439011',
  'Deleted User:0123456789abcdef0123',
  'etag for:aaaabbbbccccddddeeee',
])('words that end like the beginning of a token stay: %s', text => {
  expect(masked(text)).toBe(text);
});

it.each([
  ['at the end of a word', `user:${TOKEN} other${TOKEN}`],
  ['after what JSON writes for a new line', `{"text":"one\\n${TOKEN.slice(0, 20)}"}`],
  ['after what JSON writes for a character', `{"text":"one\\u003d${TOKEN.slice(0, 20)}"}`],
  ['after what an address writes for a character', `/x?y=a%2F${TOKEN.slice(0, 20)}`],
])('a token stands in no text %s', (_where, text) => {
  expect(masked(text)).not.toMatch(/[0-9a-f]{8}/);
});

it.each([
  ['GraphQL', 'mutation { logIn(input: { password: """two\nlines""", username: "ada" }) { id } }'],
  [
    'GraphQL in JSON',
    JSON.stringify({ query: 'logIn(input: { password: """two\nlines""", username: "ada" })' }),
  ],
  ['GraphQL that is cut off', 'logIn(input: { username: "ada", password: """two\nlines'],
])('a text of several lines in %s', (_where, text) => {
  expect(masked(text)).not.toContain('lines');
  expect(masked(text)).toContain('ada');
});

it.each(['_hashed_password', '_perishable_token', '_email_verify_token'])('a column: %s', name => {
  expect(masked({ [name]: 'x' })).toEqual({ [name]: MASK });
  expect(masked(`{"${name}":"secret"}`)).not.toContain('secret');
});

it('a part that cannot be read ends nothing', () => {
  const unreadable = {
    get broken(): never {
      throw new Error('broken');
    },
  };
  expect(masked(unreadable)).toBe(unreadable);
  expect(masked({ unreadable, password: 'x' })).toMatchObject({ password: MASK });
});

describe('the name of a secret', () => {
  it.each([
    'password',
    'Password',
    'sessionToken',
    '_SessionToken',
    '_session_token',
    'x-parse-session-token',
    'X-Parse-Master-Key',
    '_MasterKey',
    'masterKey',
    'authorization',
    'authData',
    'authData.badge.id',
    '_auth_data_badge',
    '_auth_data_badge.id',
    'deviceCode',
    'token',
    'except',
  ])('is %s', name => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each([
    '',
    'passwords',
    'passwordHint',
    'sessionTokens',
    'authDataOf',
    'profile.password',
    'deviceToken',
    'x-token',
  ])('is not %j', name => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe('what is logged has no secret', () => {
  it.each<[string, unknown, unknown]>([
    ['a text', { password: 'x' }, { password: MASK }],
    ['a number', { a: [{ token: 5 }] }, { a: [{ token: MASK }] }],
    ['an object', { authData: { badge: { id: 'x' } } }, { authData: MASK }],
    ['a list', { sessionToken: { $in: ['x'] }, b: 1 }, { sessionToken: MASK, b: 1 }],
    ['a token anywhere', [`x ${TOKEN} y`], [`x r:${MASK} y`]],
    ['a token that is a key', { a: { [TOKEN]: 1 } }, { a: { [`r:${MASK}`]: 1 } }],
    [
      'tokens that are keys, one of a secret',
      { [TOKEN]: { token: 'x' }, [`/${TOKEN}/x`]: [] },
      { [`r:${MASK}`]: { token: MASK }, [`/r:${MASK}/x`]: [] },
    ],
    ['a part of one with a dotted name', { 'authData.badge.id': 'x' }, { 'authData.badge.id': MASK }],
    ['an object without a prototype', Object.assign(Object.create(null), { token: 'x' }), { token: MASK }],
    ['an object with JSON of its own', { toJSON: () => ({ a: { token: 'x' } }) }, { a: { token: MASK } }],
    [
      'a name that is a trap',
      JSON.parse('{"__proto__":{"token":"x"}}'),
      JSON.parse(`{"__proto__":{"token":"${MASK}"}}`),
    ],
  ])('%s', (_what, value, expected) => {
    class WithJson {
      toJSON = () => ({ a: { token: 'x' } });
    }
    const given = typeof (value as any).toJSON === 'function' ? new WithJson() : value;
    const before = inspect(given, { depth: 9 });
    expect(JSON.stringify(masked(given))).toBe(JSON.stringify(expected));
    expect(inspect(given, { depth: 9 })).toBe(before);
  });

  it('also where an object is a part of itself', () => {
    const cyclic: Record<string, any> = { password: 'secret', list: [] };
    cyclic.list.push(cyclic, cyclic);
    const clean = masked(cyclic) as typeof cyclic;
    expect(clean.password).toBe(MASK);
    expect(clean.list).toEqual([clean, clean]);
    expect(inspect(clean, { depth: 9 })).not.toContain('secret');
    class WithJson {
      toJSON = () => ({ token: 'secret', self: this });
    }
    expect(inspect(masked([new WithJson()]), { depth: 9 })).not.toContain("'secret'");
  });

  it('in no time where many share a part', () => {
    let value: unknown = { token: 'secret' };
    for (let i = 0; i < 60; i += 1) value = [value, value];
    expect(masked(value)).not.toBe(value);
  });

  it('also in an error, with what hangs on it, and it stays an error', () => {
    const cause = new TypeError(`because of ${TOKEN}`);
    const error = Object.assign(new RangeError('{"password":"secret"}', { cause }), {
      code: 1,
      [TOKEN]: { [TOKEN]: 1 },
      params: { token: 'secret' },
    });
    Object.defineProperty(error, 'message', { value: error.message, writable: false });
    const clean = masked(error) as typeof error;
    expect(clean).toBeInstanceOf(RangeError);
    expect(clean).toMatchObject({ code: 1, params: { token: MASK }, message: `{"password":"${MASK}"}` });
    expect(clean.stack).toContain('masks.spec');
    expect(inspect(clean, { depth: 9 })).not.toMatch(/secret|0123456789abcdef/);
    expect(error.params.token).toBe('secret');
    expect(error.message).toContain('secret');
  });
});

describe('a text has no secret', () => {
  const nested = (value: unknown, times: number): string =>
    times === 0 ? JSON.stringify(value) : JSON.stringify(nested(value, times - 1));

  /** Texts that are hard to find the end of. */
  const SECRETS = [
    'secret',
    'se"cret',
    'secret\\',
    'secret\\"',
    '\\\\secret"}',
    'sec}ret{',
    "sec'ret",
    'secret\n,',
    ',"secret":',
  ];

  it.each(SECRETS)('in JSON, however deep, and what follows stays: %j', secret => {
    for (const times of [0, 1, 2, 3]) {
      for (const value of [
        { password: secret, b: 'kept' },
        { a: [{ authData: { x: { id: secret } } }], b: 'kept' },
      ]) {
        const clean = masked(`before ${nested(value, times)} after`) as string;
        expect(clean).not.toContain('cret');
        expect(clean).toMatch(/^before .*kept.* after$/);
        let parsed = clean.slice('before '.length, -' after'.length);
        for (let i = 0; i < times; i += 1) parsed = JSON.parse(parsed);
        expect(JSON.parse(parsed)).toEqual(
          JSON.parse(
            JSON.stringify(value).includes('authData')
              ? `{"a":[{"authData":"${MASK}"}],"b":"kept"}`
              : `{"password":"${MASK}","b":"kept"}`,
          ),
        );
      }
    }
  });

  it.each(SECRETS)('in JSON that is cut off: %j', secret => {
    const whole = JSON.stringify({ a: 1, password: `${secret} and the rest of it` });
    for (let length = whole.indexOf(':', 10) + 2; length < whole.length - 1; length += 1)
      expect(masked(`${whole.slice(0, length)}... (truncated)`)).toBe(`{"a":1,"password":"${MASK}"`);
  });

  it.each<[string, string]>([
    ["{ password: 'sec\"ret', b: 1 }", `{ password: '${MASK}', b: 1 }`],
    ['{\n  "password" : "secret"\n}', `{\n  "password" : "${MASK}"\n}`],
    ['{"token":5,"b":6}', `{"token":"${MASK}","b":6}`],
    ['{"token":-1.5e+3}', `{"token":"${MASK}"}`],
    ['dup key: { _auth_data_badge.id: "secret" }', `dup key: { _auth_data_badge.id: "${MASK}" }`],
    ['/parse/verifyPassword?password=secret&a=1', `/parse/verifyPassword?password=${MASK}&a=1`],
    ['?a=1&token=secret HTTP/1.1', `?a=1&token=${MASK} HTTP/1.1`],
    ['/sessions/report#token=secret).', `/sessions/report#token=${MASK}`],
    ['?where=%7B%22sessionToken%22%3A%22secret%22%7D&a=1', `?where=%7B%22sessionToken%22%3A${MASK}&a=1`],
    ['?where={%22authData.badge.id%22:%22secret%22}', `?where={%22authData.badge.id%22:${MASK}`],
    [`{"a":{"${TOKEN}":1}}`, `{"a":{"r:${MASK}":1}}`],
    [JSON.stringify(JSON.stringify({ [TOKEN]: 1 })), JSON.stringify(JSON.stringify({ [`r:${MASK}`]: 1 }))],
    [`${TOKEN} and r%3Ascoped-0123456789abcdef`, `r:${MASK} and r:${MASK}`],
  ])('%j', (text, expected) => {
    expect(masked(text)).toBe(expected);
  });
});

describe.each([1, 2, 3, 7])('an address has no secret that is encoded %s times', times => {
  const encode = (text: string): string => {
    let result = text;
    for (let i = 0; i < times; i += 1) result = encodeURIComponent(result);
    return result;
  };

  it.each<[string, string]>([
    ['a token', TOKEN],
    ['a token of a scoped session', 'r:scoped-0123456789abcdef'],
    ['a token with a small letter of the code', encode(TOKEN).replace('3A', '3a')],
  ])('%s', (_what, token) => {
    const clean = masked(`?x=${token === TOKEN ? encode(token) : token.replace(':', encode(':'))}&a=1`);
    expect(clean).toBe(`?x=r:${MASK}&a=1`);
    expect(masked({ [encode(TOKEN)]: 1 })).toEqual({ [`r:${MASK}`]: 1 });
  });

  it.each<[string, string]>([
    ['a value in JSON', '{"a": 1, "password" : "s3cret"}'],
    ['an address', '/parse/users?a=1&password=s3cret'],
    ['an address that begins with it', '?password=s3cret'],
  ])('%s', (_what, text) => {
    const clean = masked(`/x?next=${encode(text)}&a=1`) as string;
    expect(clean).not.toContain('cret');
    expect(clean).toMatch(/^\/x\?next=.*\*{8}&a=1$/);
  });

  it('and what has none stays', () => {
    const text = `/x?next=${encode('/y?passwords=1&r:1&a={"mytoken":"x", "b": "r:"}')}`;
    expect(masked(text)).toBe(text);
  });
});

describe('what holds no secret is answered as it is', () => {
  class Thing {
    readonly password = 'a thing without JSON';
  }

  it.each<[string, unknown]>([
    ['a text', 'a "password" is no password: yes, and token is a word'],
    ['JSON', '{"passwordHint":"x","tokens":["token"],"x":"\\"token\\": none"}'],
    ['what is nothing', { token: null, password: true, authData: undefined, sessionToken: '' }],
    ['JSON of what is nothing', '{"token":null,"password":true,"authData": false}'],
    ['parts', { a: [1, 'two', { three: new Date(0) }] }],
    ['a mask', { password: MASK, x: { y: [] } }],
    ['a date', new Date(0)],
    ['bytes', Buffer.from('"password":"x"')],
    ['a number', 5],
    ['nothing', undefined],
    ['null', null],
    ['an error', Object.assign(new Error('no good'), { code: 1 })],
    ['an object of a class', new Thing()],
    ['a map', new Map([['a', 1]])],
    ['an object that is a part of itself', SELF],
    [
      'what cannot be JSON',
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
    ],
  ])('%s', (_what, value) => {
    expect(masked(value)).toBe(value);
  });

  it('however long the text is', () => {
    const text = `${'"a":"b",'.repeat(200_000)}"password":null,${'\\'.repeat(200_000)}"`;
    const start = Date.now();
    expect(masked(text)).toBe(text);
    expect(masked(`"password":"${'\\'.repeat(200_000)}`)).toBe(`"password":"${MASK}"`);
    expect(masked(`{"authData":${'[{"a":"'.repeat(50_000)}`)).toBe(`{"authData":"${MASK}"`);
    expect(Date.now() - start).toBeLessThan(5_000);
  });
});
