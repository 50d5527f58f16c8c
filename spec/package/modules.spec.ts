import { makeApp, type App } from './support/packed';

let app: App;

beforeAll(() => (app = makeApp({ parse: 'parse' })));
afterAll(() => app?.remove());

const evaluate = async (type: 'module' | 'commonjs', code: string) =>
  JSON.parse(await app.node(`--input-type=${type}`, '--eval', code));

const ENTRIES = {
  'parse-server-sessions': [
    'ErrorCode',
    'expiresWithin',
    'isActive',
    'isAuthenticated',
    'isExpired',
    'isValid',
    'nistAal1',
    'nistAal2',
    'nistAal3',
    'parseSessions',
    'rapidContextExpiry',
    'requireFreshSession',
    'requireUnrestrictedSession',
    'timeRemaining',
  ],
  'parse-server-sessions/client': [
    'handleParseError',
    'installSessionHandler',
    'isInvalidSessionError',
    'pairDevice',
    'redirectInvalidSession',
    'refusalOf',
    'sameSitePath',
    'sessionsClient',
  ],
};

describe.each(Object.entries(ENTRIES))('%s', (entry, names) => {
  it('is required', async () => {
    const code = `console.log(JSON.stringify(Object.keys(require('${entry}')).sort()))`;
    expect(await evaluate('commonjs', code)).toEqual(names);
  });

  it('is imported, by name', async () => {
    const code = `import { ${names.join(', ')} } from '${entry}';
      import * as all from '${entry}';
      const named = { ${names.join(', ')} };
      console.log(JSON.stringify(Object.keys(all).filter(name => all[name] === named[name])));`;
    expect(await evaluate('module', code)).toEqual(names);
  });

  it('is one and the same for who imports it and who requires it', async () => {
    const code = `import { createRequire } from 'node:module';
      import * as imported from '${entry}';
      const required = createRequire(process.cwd() + '/app.js')('${entry}');
      console.log(JSON.stringify(Object.keys(required).filter(name => imported[name] === required[name]).sort()));`;
    expect(await evaluate('module', code)).toEqual(names);
  });
});

it('package.json is required too', async () => {
  const code = `console.log(JSON.stringify(require('parse-server-sessions/package.json').name))`;
  expect(await evaluate('commonjs', code)).toBe('parse-server-sessions');
});

it('nothing else of it is', async () => {
  const code = `try { require('parse-server-sessions/dist/server/index.js') } catch ({ code }) { console.log(JSON.stringify(code)) }`;
  expect(await evaluate('commonjs', code)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
});
