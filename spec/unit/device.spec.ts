import { deviceOf } from '../../src/device';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const NONE = { browser: null, os: null, type: null };

type Expected = [browser: string | null, os: string | null, type: string | null];

/** What browsers, apps and scripts really send. */
const USER_AGENTS: Array<[what: string, userAgent: string, expected: Expected]> = [
  // Browsers.
  [
    'Chrome on Windows',
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36`,
    ['Chrome', 'Windows', 'desktop'],
  ],
  [
    'Chrome on macOS',
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36`,
    ['Chrome', 'macOS', 'desktop'],
  ],
  [
    'Chrome on a Chromebook',
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36`,
    ['Chrome', 'Chrome OS', null],
  ],
  [
    'Edge, which names Chrome and Safari too',
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0`,
    ['Microsoft Edge', 'Windows', 'desktop'],
  ],
  [
    'Opera, which names Chrome too',
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36 OPR/121.0.0.0`,
    ['Opera', 'Windows', 'desktop'],
  ],
  [
    'an old Opera, which names nobody else',
    'Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18',
    ['Opera', 'Windows', 'desktop'],
  ],
  [
    'Firefox on Linux',
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    ['Firefox', 'Linux', 'desktop'],
  ],
  [
    'Safari on macOS',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 ' +
      'Safari/605.1.15',
    ['Safari', 'macOS', 'desktop'],
  ],
  [
    'Internet Explorer',
    'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko',
    ['Internet Explorer', 'Windows', 'desktop'],
  ],
  [
    'an iPhone',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
      'Version/18.5 Mobile/15E148 Safari/604.1',
    ['Safari', 'iOS', 'mobile'],
  ],
  [
    'Firefox on an iPhone',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
      'FxiOS/140.0 Mobile/15E148 Safari/605.1.15',
    ['Firefox', 'iOS', 'mobile'],
  ],
  [
    'a web view on an iPhone',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
    ['Safari', 'iOS', 'mobile'],
  ],
  [
    'an iPad',
    'Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 ' +
      'Mobile/15E148 Safari/604.1',
    ['Safari', 'iOS', 'tablet'],
  ],
  [
    'a phone with Android',
    `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/138.0.0.0 Mobile Safari/537.36`,
    ['Chrome', 'Android', 'mobile'],
  ],
  [
    'a web view on Android',
    `Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A; wv) ${WEBKIT} Version/4.0 Chrome/138.0.0.0 Mobile Safari/537.36`,
    ['Chrome', 'Android', 'mobile'],
  ],
  [
    'a tablet with Android',
    `Mozilla/5.0 (Linux; Android 13; SM-X906C) ${WEBKIT} Chrome/138.0.0.0 Safari/537.36`,
    ['Chrome', 'Android', 'tablet'],
  ],
  [
    'a browser of its maker',
    `Mozilla/5.0 (Linux; Android 14; SM-S918B) ${WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
    ['Samsung Internet for Android', 'Android', 'mobile'],
  ],
  [
    'the browser of Android itself',
    'Mozilla/5.0 (Linux; U; Android 4.0.3; de-de; GT-I9100 Build/IML74K) AppleWebKit/534.30 (KHTML, like Gecko) ' +
      'Version/4.0 Mobile Safari/534.30',
    ['Android Browser', 'Android', 'mobile'],
  ],
  [
    'a television',
    'Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36',
    ['Tizen', 'Tizen', 'tv'],
  ],
  ['a television of Roku', 'Roku/DVP-12.0 (12.0.0.4182)', ['Roku', 'Roku', 'tv']],
  // Bots.
  [
    'a crawler',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    ['Googlebot', null, 'bot'],
  ],
  ['a crawler without Mozilla', 'Googlebot-Image/1.0', ['Googlebot', null, 'bot']],
  ['a preview', 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)', ['SlackBot', null, 'bot']],
  [
    'a bot that nobody knows',
    'Mozilla/5.0 (compatible; AcmeBot/7.0; +http://acme.example/robot/)',
    ['Mozilla', null, null],
  ],
  // Apps with a window made of Chrome.
  [
    'an Electron app',
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Acme/1.2.3 Chrome/126.0.6478.234 Electron/31.3.1 Safari/537.36`,
    ['Acme', 'macOS', 'desktop'],
  ],
  [
    'Postman for Windows',
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Postman/11.2.0 Chrome/120.0.6099.291 Electron/28.2.8 Safari/537.36`,
    ['Postman', 'Windows', 'desktop'],
  ],
  [
    'an Electron app without a name',
    `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} Chrome/126.0.6478.234 Electron/31.3.1 Safari/537.36`,
    ['Electron', 'Linux', 'desktop'],
  ],
  // Apps of Apple's systems: what CFNetwork sends for an app that says nothing.
  ['an iOS app', 'Acme/45 CFNetwork/1410.0.3 Darwin/22.6.0', ['Acme', 'iOS', 'mobile']],
  ['… of another version', 'Acme/1.2.3 CFNetwork/3826.500.131 Darwin/24.5.0', ['Acme', 'iOS', 'mobile']],
  ['… with a space', 'My%20App/45 CFNetwork/1410.0.3 Darwin/22.6.0', ['My App', 'iOS', 'mobile']],
  ['… with a plain space', 'My App/45 CFNetwork/1410.0.3 Darwin/22.6.0', ['My App', 'iOS', 'mobile']],
  ['… in Chinese', '%E5%BE%AE%E4%BF%A1/8.0 CFNetwork/1410.0.3 Darwin/22.6.0', ['微信', 'iOS', 'mobile']],
  ['… by its bundle', 'com.acme.app/45 CFNetwork/1410.0.3 Darwin/22.6.0', ['com.acme.app', 'iOS', 'mobile']],
  [
    '… named like a browser',
    'FocusTimer/12 CFNetwork/1410.0.3 Darwin/22.6.0',
    ['FocusTimer', 'iOS', 'mobile'],
  ],
  ['… that hides its name', 'CFNetwork/1410.0.3 Darwin/22.6.0', [null, 'iOS', 'mobile']],
  [
    '… with Alamofire',
    'Acme/1.0 (com.acme.app; build:45; iOS 17.5.1) Alamofire/5.9.1',
    ['Acme', 'iOS', 'mobile'],
  ],
  ['… with AFNetworking', 'Acme/5.2 (iPhone; iOS 17.1; Scale/3.00)', ['Acme', 'iOS', 'mobile']],
  ['… on an iPad', 'Acme/5.2 (iPad; iOS 17.1; Scale/2.00)', ['Acme', 'iOS', 'tablet']],
  ['… by Expo', 'Expo/1017699 CFNetwork/1410.0.3 Darwin/22.6.0', ['Expo', 'iOS', 'mobile']],
  ['a macOS app', 'Acme/45 CFNetwork/1220.1 Darwin/20.3.0 (x86_64)', ['Acme', 'macOS', 'desktop']],
  [
    'a macOS app that names its system',
    'Acme/1.0 (com.acme.app; build:45; macOS 14.5.0) Alamofire/5.9.1',
    ['Acme', 'macOS', 'desktop'],
  ],
  ['an app of Apple TV', 'Acme/45 (AppleTV; tvOS 17.1; Scale/1.00)', ['Acme', 'tvOS', 'tv']],
  [
    'an app of a watch',
    'Acme/1.0 (com.acme.app; build:45; watchOS 10.1.0) Alamofire/5.9.1',
    ['Acme', 'watchOS', null],
  ],
  // Apps of Android.
  ['an Android app', 'okhttp/4.12.0', ['okhttp', 'Android', 'mobile']],
  ['the Parse SDK of Android', 'Parse Android SDK API Level 34', ['Parse Android SDK', 'Android', 'mobile']],
  [
    'an older Parse SDK of Android',
    'Parse Android SDK 1.13.0 (com.acme.app/45) API Level 23',
    ['Parse Android SDK', 'Android', 'mobile'],
  ],
  [
    'an Android app without a library',
    'Dalvik/2.1.0 (Linux; U; Android 13; SM-S918B Build/TP1A.220624.014)',
    ['Dalvik', 'Android', 'mobile'],
  ],
  ['an Android app with its name', 'Acme/7.3 (Android 14; Pixel 8)', ['Acme', 'Android', 'mobile']],
  ['an app of an Android tablet', 'Acme/7.3 (Android 14; Tablet)', ['Acme', 'Android', 'tablet']],
  // Apps of either, libraries, scripts.
  ['a Dart app', 'Dart/3.2 (dart:io)', ['Dart', null, null]],
  ['the Parse SDK of Flutter', 'Flutter Parse SDK 8.0.2', ['Flutter Parse SDK', null, null]],
  ['Unity', 'UnityPlayer/2022.3.10f1 (UnityWebRequest/1.0, libcurl/8.1.1-DEV)', ['Unity', null, null]],
  ['.NET', 'RestSharp/106.11.4.0', ['RestSharp', null, null]],
  ['a Windows app', 'Acme/1.0 (Windows NT 10.0; Win64; x64)', ['Acme', 'Windows', 'desktop']],
  ['the Parse SDK of JavaScript in Node.js', 'Parse/8.6.0 (NodeJS 20.20.2)', ['Node.js', null, null]],
  ['fetch of Node.js', 'node', ['Node.js', null, null]],
  ['an older fetch of Node.js', 'undici', ['Node.js', null, null]],
  ['node-fetch', 'node-fetch/1.0 (+https://github.com/bitinn/node-fetch)', ['node-fetch', null, null]],
  ['axios', 'axios/1.7.2', ['axios', null, null]],
  ['curl', 'curl/8.5.0', ['curl', null, null]],
  ['Postman', 'PostmanRuntime/7.39.0', ['Postman', null, null]],
  ['Java', 'Apache-HttpClient/4.5.14 (Java/17.0.9)', ['Apache-HttpClient', null, null]],
  ['Go', 'Go-http-client/1.1', ['Go-http-client', null, null]],
  ['a sensor', 'ESP8266HTTPClient', ['ESP8266HTTPClient', null, null]],
  ['a script', 'python-requests/2.32.3', ['python-requests', null, null]],
  ['an app with its version in its name', 'Acme-Kiosk-v1.2.3', ['Acme-Kiosk', null, null]],
  ['an app with its version beside its name', 'Acme 4.5 (build 12)', ['Acme', null, null]],
];

describe('the device of a user agent', () => {
  it.each(USER_AGENTS)('%s', (_what, userAgent, [browser, os, type]) => {
    expect(deviceOf(userAgent)).toEqual({ browser, os, type });
  });

  it.each([
    ['none', null],
    ['an empty one', ''],
    ['a blank', ' '],
    ['a tab', '\t'],
    ['control characters', '\u0000\u001b[31m'],
    ['half a surrogate pair', '\ud800'],
    ['markup', '<script>alert(1)</script>'],
    ['markup that is percent-encoded', '%3Cscript%3Ealert(1)%3C/script%3E/1.0'],
    ['a broken encoding', '%E5%/1.0'],
    ['one made of brackets', '('.repeat(512)],
    ['one made of slashes', '/'.repeat(512)],
    ['one made of digits', '1'.repeat(512)],
    ['one made of blanks', ' '.repeat(8_000)],
    ['the prototype', '__proto__/1.0 constructor'],
    ['a format string', '%s%n%x/1.0 (%d)'],
    ['SQL', '\'; DROP TABLE "_Session"; --/1.0 x'],
    ['emoji', '📱/1.0 x'],
    ['a regular expression', '(a+)+$/1.0 ^.*$'],
  ])('is unknown for %s', (_what, userAgent) => {
    expect(deviceOf(userAgent)).toEqual(NONE);
    expect(({} as any).browser).toBeUndefined();
  });

  it.each([
    ['markup', 'Acme<script>alert(1)</script>/1.0', 'Acme'],
    ['markup that is percent-encoded', 'Acme%3Cb%3E/45 CFNetwork/1410.0.3 Darwin/22.6.0', 'Acme'],
    ['a quote', 'Acme" onload="alert(1)/1.0', 'Acme'],
    ['control characters', 'Acme\u0000\u001b[31m/1.0', 'Acme'],
    ['control characters that are percent-encoded', 'Acme%00%0d%0aX/1.0', 'Acme'],
    ['letters that run from right to left by force', 'Acme%E2%80%AEemcA/1.0', 'Acme'],
    ['an emoji', 'Acme📱/1.0', 'Acme'],
    ['a name of a function', 'constructor/1.0', 'constructor'],
    [
      'markup for an Electron app',
      `Mozilla/5.0 (X11) ${WEBKIT} <b>/1.0 Chrome/126.0 Electron/31.3 Safari/537`,
      'Electron',
    ],
  ])('shows nothing of %s', (_what, userAgent, browser) => {
    expect(deviceOf(userAgent).browser).toBe(browser);
  });

  it.each([
    ['of letters', `${'x'.repeat(8_000)}/1.0`, 'x'.repeat(64)],
    ['of words', `${'x '.repeat(4_000)}/1.0`, 'x '.repeat(32).trim()],
    ['of letters that take two characters each', `${encodeURIComponent('𝒳'.repeat(42))}/1.0`, '𝒳'.repeat(32)],
    [
      'of a browser that nobody knows',
      `Mozilla/5.0 (${'x; '.repeat(100)}) ${'Acme/1.0 '.repeat(800)}(x)`,
      'Mozilla',
    ],
    ['with a browser at its end', `${'x '.repeat(300)}${USER_AGENTS[0]![1]}`, 'x '.repeat(32).trim()],
    ['with a browser at its beginning', `${USER_AGENTS[0]![1]} ${'x '.repeat(1_000_000)}`, 'Chrome'],
    [
      'of an Electron app',
      `Mozilla/5.0 (X11) ${WEBKIT} ${'x'.repeat(200)}/1.0 Chrome/126.0 Electron/31.3 Safari/537`,
      'x'.repeat(64),
    ],
  ])('has a short name for a long user agent %s', (_what, userAgent, browser) => {
    expect(deviceOf(userAgent).browser).toBe(browser);
  });

  it('costs little for a user agent that is made to cost much', () => {
    const hostile = ['/', ' (', '/ (', 'x/1 (', 'Mozilla/', 'Mozilla/5.0 (', '%E5', 'a-1.', ' v1'].map(part =>
      part.repeat(100_000),
    );
    for (const userAgent of hostile) deviceOf(userAgent);
    const start = process.cpuUsage();
    for (let index = 0; index < 100; index += 1) {
      // Each is another one in the part that counts.
      for (const userAgent of hostile) deviceOf(`${userAgent.slice(0, 300)}${index}${userAgent}`);
    }
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000 / (100 * hostile.length)).toBeLessThan(5);
  });
});

describe('what tells devices apart', () => {
  /** The user agent with each number of a version one higher. */
  const next = (userAgent: string) =>
    userAgent.replace(/(?<!x86_)(?<=[/ .:_v-])\d+\b/g, number => `${Number(number) + 1}`);

  it.each(USER_AGENTS)('holds no versions: %s', (_what, userAgent, [browser, os]) => {
    const later = next(userAgent);
    if (/\d\.\d/.test(userAgent)) expect(later).not.toBe(userAgent);
    expect(deviceOf(later)).toMatchObject({ browser, os });
  });

  it.each(USER_AGENTS)('is a name without a version: %s', (_what, userAgent) => {
    const { browser, os } = deviceOf(userAgent);
    expect(`${browser} ${os}`).not.toMatch(/\d+\.\d|\/|\bv?\d+\b/);
  });
});
