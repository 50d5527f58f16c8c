import express, { type Express } from 'express';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseSessions } from '../../src';
import { startServer, type SpecServer } from '../support/server';

let server: SpecServer;
let origin: string;

beforeAll(async () => {
  server = await startServer({ functionPrefix: 'x_' });
  origin = new URL(server.url).origin;
  server.app.use('/sessions', server.sessions.devicesPage({ title: `A & "B" <c>'s` }));
  server.app.use(
    (_request: unknown, response: express.Response) => void response.status(404).send('the app'),
  );
});
afterAll(() => server.stop());

const get = (path: string, init: RequestInit = {}) =>
  fetch(new URL(path, origin), { redirect: 'manual', ...init });
const assetsIn = (html: string) =>
  [...html.matchAll(/(?:src|href)="(assets\/[^"]+)"/g)].map(([, path]) => path!);

describe('the devices page as it is served', () => {
  it('is the same document at each of its paths, and nowhere else', async () => {
    const [page, pair, report] = await Promise.all(
      ['/sessions/', '/sessions/pair', '/sessions/report'].map(async path => (await get(path)).text()),
    );
    expect(page).toMatch(/^<!doctype html>/);
    expect(pair).toBe(page);
    expect(report).toBe(page);
    for (const path of [
      '/sessions/x',
      '/sessions/pair/',
      '/sessions/assets/',
      '/sessions/assets/../../package.json',
    ]) {
      expect(await (await get(path)).text()).toBe('the app');
    }
  });

  it('keeps strict headers on the page and its parts', async () => {
    const page = await get('/sessions/');
    const html = await page.text();
    for (const answer of [page, await get(`/sessions/${assetsIn(html)[0]}`), await get('/sessions')]) {
      expect(answer.headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
      );
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
    expect(page.headers.get('cache-control')).toBe('no-store');
  });

  it('has nothing inline and nothing from elsewhere', async () => {
    const html = await (await get('/sessions/')).text();
    expect(html).not.toMatch(/<style|style=|\son\w+=|<script>/);
    const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses.filter(address => !/^assets\/|^data:,$/.test(address!))).toEqual([]);
  });

  it('gives the page what it needs, and no key', async () => {
    const html = await (await get('/sessions/')).text();
    expect(html).toContain('<title>A &amp; &quot;B&quot; &lt;c&gt;&#39;s</title>');
    const [, content] = /<meta name="settings" content="([^"]*)">/.exec(html)!;
    const settings = JSON.parse(
      content!.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<'),
    );
    expect(settings).toMatchObject({
      appId: 'specs',
      serverURL: '/parse',
      functionPrefix: 'x_',
      pairs: false,
    });
    expect(html).not.toMatch(/master/i);
  });

  it('serves its parts zipped, for ever, and by their content', async () => {
    const html = await (await get('/sessions/')).text();
    expect(assetsIn(html)).toHaveLength(3);
    for (const path of assetsIn(html)) {
      const zipped = await get(`/sessions/${path}`, { headers: { 'Accept-Encoding': 'gzip' } });
      expect(zipped.headers.get('content-encoding')).toBe('gzip');
      expect(zipped.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      const plain = await get(`/sessions/${path}`, { headers: { 'Accept-Encoding': 'identity' } });
      expect(plain.headers.get('content-encoding')).toBeNull();
      expect(await plain.text()).toBe(await zipped.text());
      expect((await get(`/sessions/${path.replace(/\.[\w-]+\.(js|css)$/, '.0.$1')}`)).status).toBe(404);
    }
  });

  it('is read only', async () => {
    const answer = await get('/sessions/', { method: 'POST' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const head = await get('/sessions/', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('leads from the mount path to its folder, also behind a proxy that takes a part of the path away', async () => {
    const answer = await get('/sessions');
    expect([answer.status, answer.headers.get('location')]).toEqual([308, './sessions/']);
    const query = await get('/sessions?x=1');
    expect([query.status, query.headers.get('location')]).toEqual([308, './sessions/']);
    const proxy = await behind(origin, '/prefix');
    const { port } = proxy.address() as AddressInfo;
    const page = await fetch(`http://127.0.0.1:${port}/prefix/sessions`);
    expect([page.status, new URL(page.url).pathname]).toEqual([200, '/prefix/sessions/']);
    const script = new URL(assetsIn(await page.text())[0]!, page.url);
    expect((await fetch(script)).status).toBe(200);
    await new Promise(resolve => proxy.close(resolve));
  });

  it('does not lead away from its origin, whatever stands in front of the path', async () => {
    server.app.use('/t/:tenant', server.sessions.devicesPage());
    const paths = [
      '//evil.example/sessions',
      '/%2F%2Fevil.example/..//sessions',
      '/sessions//https:x@evil.example',
    ];
    for (const path of [
      ...paths,
      '/sessions//http:x@evil.example',
      '/t/https:evil.example',
      '/sessions//[',
      '/sessions//%',
      '/t/tel:1',
    ]) {
      const { port } = new URL(origin);
      // `fetch` would tidy the path up.
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        request({ host: '127.0.0.1', port, path }, resolve).on('error', reject).end();
      });
      answer.resume();
      expect(answer.statusCode).toBeLessThan(500);
      for (const base of [origin, 'https://app.example']) {
        const target = new URL(answer.headers.location ?? '', new URL(path.replace(/^\/+/, '/'), base));
        expect(target.origin).toBe(base);
      }
    }
  });
});

/** A proxy that takes a part of the path away. */
async function behind(target: string, prefix: string): Promise<Server> {
  const proxy = createServer(async (asked, response) => {
    const path = asked.url!.startsWith(prefix) ? asked.url!.slice(prefix.length) : '/nowhere';
    const answer = await fetch(target + path, { redirect: 'manual' });
    const location = answer.headers.get('location');
    response.writeHead(answer.status, {
      'Content-Type': answer.headers.get('content-type') ?? '',
      ...(location && { Location: location }),
    });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  return proxy;
}

describe('the options of devicesPage', () => {
  const sessions = parseSessions();
  const wrong = (options: object) => () => sessions.devicesPage(options as never);

  it.each([
    [{ titel: 'x' }, 'devicesPage: unknown option "titel"'],
    [{ title: 5 }, 'devicesPage: option "title" got 5, takes a text of 1 to 200 characters.'],
    [{ parseMount: 'javascript:alert(1)' }, 'option "parseMount"'],
    [{ parseMount: '//evil.example' }, 'option "parseMount"'],
    [{ parseMount: '/parse?x' }, 'option "parseMount"'],
    [{ loginPath: 'javascript:alert(1)' }, 'option "loginPath"'],
    [{ loginPath: '//evil.example' }, 'option "loginPath"'],
    [{ loginPath: '/\\evil.example' }, 'option "loginPath"'],
    [{ languages: { fr: { heding: 'x' } } }, 'option "languages.fr" got "heding", takes the key of a word'],
    [{ languages: { fr: { heading: 5 } } }, 'option "languages.fr.heading" got a number, takes a text.'],
    [
      { languages: { fr: { signedOutDevice: 'Au revoir {gadget}' } } },
      'option "languages.fr.signedOutDevice" got a text, takes a text with nothing else in braces than {device}.',
    ],
    [{ languages: { fr: { heading: '{device}' } } }, 'takes a text without anything in braces.'],
    [{ loginPath: '/login?next={url}' }, 'option "loginPath"'],
    [{ languages: { 'not a tag': {} } }, 'takes the tag of a language'],
  ])('%j throws at once', (options, message) => {
    expect(wrong(options)).toThrow(TypeError);
    expect(wrong(options)).toThrow(message);
  });

  it('takes what the documents tell', () => {
    expect(
      sessions.devicesPage({
        parseMount: '../parse',
        title: 'My devices',
        loginPath: '/login?next={page}',
        languages: { fr: { heading: 'Vos appareils' }, en: { signOut: 'Log out', 'reason.logout': 'Left' } },
      }),
    ).toBeInstanceOf(Function);
  });

  it('serves once Parse Server has started, and says so before', async () => {
    const app: Express = express();
    app.use('/sessions', parseSessions().devicesPage());
    const listening = app.listen(0, '127.0.0.1');
    await new Promise(resolve => listening.once('listening', resolve));
    const { port } = listening.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/sessions/`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    await new Promise(resolve => listening.close(resolve));
  });
});
