import { deviceOf } from '../../src/device';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const NONE = { browser: null, os: null, type: null };

describe('the device of a user agent', () => {
  it.each([
    [
      'Chrome on Windows',
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36`,
      { browser: 'Chrome', os: 'Windows', type: 'desktop' },
    ],
    [
      'Chrome on macOS',
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36`,
      { browser: 'Chrome', os: 'macOS', type: 'desktop' },
    ],
    [
      'Edge, which names Chrome and Safari too',
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0`,
      { browser: 'Microsoft Edge', os: 'Windows', type: 'desktop' },
    ],
    [
      'Opera, which names Chrome too',
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36 OPR/121.0.0.0`,
      { browser: 'Opera', os: 'Windows', type: 'desktop' },
    ],
    [
      'Firefox on Linux',
      'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      { browser: 'Firefox', os: 'Linux', type: 'desktop' },
    ],
    [
      'Safari on macOS',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 ' +
        'Safari/605.1.15',
      { browser: 'Safari', os: 'macOS', type: 'desktop' },
    ],
    [
      'Internet Explorer',
      'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko',
      { browser: 'Internet Explorer', os: 'Windows', type: 'desktop' },
    ],
    [
      'an iPhone',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
        'Version/18.5 Mobile/15E148 Safari/604.1',
      { browser: 'Safari', os: 'iOS', type: 'mobile' },
    ],
    [
      'an iPad',
      'Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 ' +
        'Mobile/15E148 Safari/604.1',
      { browser: 'Safari', os: 'iOS', type: 'tablet' },
    ],
    [
      'a phone with Android',
      `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/138.0.0.0 Mobile Safari/537.36`,
      { browser: 'Chrome', os: 'Android', type: 'mobile' },
    ],
    [
      'a tablet with Android',
      `Mozilla/5.0 (Linux; Android 13; SM-X906C) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36`,
      { browser: 'Chrome', os: 'Android', type: 'tablet' },
    ],
    [
      'a browser of its maker',
      `Mozilla/5.0 (Linux; Android 14; SM-S918B) ${WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile ` +
        'Safari/537.36',
      { browser: 'Samsung Internet for Android', os: 'Android', type: 'mobile' },
    ],
    [
      'a television',
      'Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV ' +
        'Safari/537.36',
      { browser: 'Tizen', os: 'Tizen', type: 'tv' },
    ],
    [
      'a crawler',
      'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
      { browser: 'Googlebot', os: null, type: 'bot' },
    ],
    ['curl', 'curl/8.5.0', NONE],
    ['fetch of Node.js', 'node', NONE],
    ['an Android app', 'okhttp/4.12.0', NONE],
    ['a sensor', 'ESP8266HTTPClient', NONE],
    ['a script', 'python-requests/2.32.3', NONE],
  ])('%s', (_what, userAgent, device) => {
    expect(deviceOf(userAgent)).toEqual(device);
  });

  it.each([
    ['none', null],
    ['an empty one', ''],
    ['a blank', ' '],
    ['a tab', '\t'],
    ['control characters', '\u0000\u001b[31m'],
    ['half a surrogate pair', '\ud800'],
    ['markup', '<script>alert(1)</script>'],
    ['one made of brackets', '('.repeat(512)],
    ['one made of slashes', '/'.repeat(512)],
    ['one made of digits', '1'.repeat(512)],
  ])('is unknown for %s', (_what, userAgent) => {
    expect(deviceOf(userAgent)).toEqual(NONE);
  });

  it.each([
    ['the prototype', '__proto__/1.0 constructor'],
    ['a format string', '%s%n%x/1.0 (%d)'],
    ['SQL', '\'; DROP TABLE "_Session"; --/1.0 x'],
    ['emoji', '📱/1.0 x'],
    ['a regular expression', '(a+)+$/1.0 ^.*$'],
  ])('is made of texts or null whatever the user agent names: %s', (_what, userAgent) => {
    for (const value of Object.values(deviceOf(userAgent))) {
      expect(value === null || (typeof value === 'string' && userAgent.includes(value))).toBe(true);
    }
    expect(({} as any).browser).toBeUndefined();
  });

  it('is told by the first part of a user agent that is longer than any real one', () => {
    const chrome =
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36';
    expect(deviceOf(`${'x '.repeat(300)}${chrome}`).browser).toBeNull();
    expect(deviceOf(`${chrome} ${'x '.repeat(1_000_000)}`).browser).toBe('Chrome');
  });
});
