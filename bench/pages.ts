import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import express from 'express';
import ParseServer from 'parse-server';
import { chromium, type Browser } from 'playwright-core';
import { serverOptions } from '../settings';
import { parseSessions } from '../src';
import { BenchError, type Benchmark } from './support/benchmark';
import { compare } from './support/compare';
import { number, ratio } from './support/report';
import { APP_ID } from './support/server';

const SESSIONS = 50;
/** How much slower than this machine a cheap phone is. */
const THROTTLED = 4;
/** How much longer than a page that only loads the SDK and asks for the list. */
const TIMES_BARE = 2;
const BYTES = 200_000;
const REQUESTS = 6;

const USER = { username: 'bench', password: 'bench' };

/** What any page pays that shows the user's sessions: the SDK, and the two calls. */
const BARE = `
  Parse.initialize(${JSON.stringify(APP_ID)});
  Parse.serverURL = location.origin + '/parse';
  Promise.all([Parse.Cloud.run('listSessions'), Parse.Cloud.run('listEndedSessions', { limit: 10 })]).then(([sessions]) => {
    document.body.append(...sessions.map(({ objectId }) => Object.assign(document.createElement('h3'), { innerText: objectId })));
  });
`;

export const pages: Benchmark = {
  summary: `the page for devices with ${SESSIONS} sessions, on a CPU ${THROTTLED} times as slow`,

  async run({ report, rounds = 7, createDatabase }) {
    const server = await start(await createDatabase());
    const browser = await launch();
    try {
      const rest = (route: string, body: object, token?: string) =>
        fetch(`${server.origin}/parse${route}`, {
          method: 'POST',
          headers: {
            'X-Parse-Application-Id': APP_ID,
            'Content-Type': 'application/json',
            ...(token && { 'X-Parse-Session-Token': token }),
          },
          body: JSON.stringify(body),
        }).then(answer => answer.json() as Promise<{ sessionToken: string }>);
      const { sessionToken } = await rest('/users', USER);
      for (let made = 1; made < SESSIONS; made += 1) {
        await rest('/functions/createRestrictedSession', { name: `Sensor ${made}` }, sessionToken);
      }
      const stored = JSON.stringify({ className: '_User', objectId: 'bench', sessionToken });

      /** Opens a page in a browser that has nothing yet. */
      const open = async (route: string) => {
        const context = await browser.newContext();
        const page = await context.newPage();
        await page.addInitScript(
          `localStorage.setItem('Parse/${APP_ID}/currentUser', ${JSON.stringify(stored)})`,
        );
        const network = await context.newCDPSession(page);
        await network.send('Emulation.setCPUThrottlingRate', { rate: THROTTLED });
        await network.send('Network.enable');
        let bytes = 0;
        let requests = 0;
        network.on('Network.loadingFinished', ({ encodedDataLength }) => {
          bytes += encodedDataLength;
          requests += 1;
        });
        await page.goto(server.origin + route, { waitUntil: 'commit' });
        await page
          .locator('h3')
          .nth(SESSIONS - 1)
          .waitFor({ state: 'attached' });
        const ms = await page.evaluate<number>('performance.now()');
        await context.close();
        return { ms, bytes, requests };
      };

      let seen = { bytes: 0, requests: 0 };
      const [slower] = (await compare(report, {
        what: 'pages',
        unit: 'ms',
        rounds,
        contenders: [
          {
            name: 'the page',
            async measure() {
              const opened = await open('/sessions/');
              seen = opened;
              return opened.ms;
            },
          },
          { name: 'the SDK and the two calls', measure: async () => (await open('/bare/')).ms },
        ],
        ratios: [[0, 1]],
      })) as [number];
      return [
        report.verdict(
          slower <= TIMES_BARE,
          `${ratio(slower)} times as long to the list as the SDK and the two calls (median; target: at most ${TIMES_BARE})`,
        ),
        report.verdict(
          seen.bytes <= BYTES,
          `${number(seen.bytes)} bytes, the SDK included (target: at most ${number(BYTES)})`,
        ),
        report.verdict(seen.requests <= REQUESTS, `${seen.requests} requests (target: at most ${REQUESTS})`),
      ].every(Boolean);
    } finally {
      await browser.close();
      await server.stop();
    }
  },
};

async function launch(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  return chromium.launch({ executablePath, args }).catch(error => {
    throw new BenchError(
      `pages: no browser: set CHROMIUM to one. ${(error as Error).message.split('\n', 1)[0]}`,
    );
  });
}

async function start(databaseURI: string) {
  const app = express();
  const http = createServer(app);
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const sessions = parseSessions();
  const options = serverOptions(
    { appId: APP_ID, masterKey: 'bench', serverURL: `${origin}/parse` },
    databaseURI,
  );
  const server = new ParseServer(sessions.configure({ ...options, silent: true }));
  await server.start();
  app.use('/parse', server.app);
  app.use('/sessions', sessions.devicesPage());
  app.get('/bare/', (_request, response) => {
    response.send('<body><script src="sdk.js" defer></script><script src="bare.js" defer></script>');
  });
  app.get('/bare/bare.js', (_request, response) => void response.type('js').send(BARE));
  app.use('/bare', express.static(path.join(__dirname, '../dist/web')));
  return {
    origin,
    async stop() {
      http.closeAllConnections();
      await new Promise(resolve => http.close(resolve));
      server.server = { close: (done: () => void) => done() } as never;
      await server.handleShutdown();
    },
  };
}
