import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import express from 'express';
import ParseServer from 'parse-server';
import { startDatabase } from '../embedded';
import { origin, serverOptions } from '../settings';

// The demo against Parse Server alone, with the options of index.ts but without this package. It must fail: a demo
// that passed here would prove nothing anywhere else.

async function main(): Promise<number> {
  const database = await startDatabase();
  console.log(`Parse Server alone, without parse-server-sessions. Database: ${database.why}\n`);
  try {
    const app = express();
    const server = createServer(app);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const settings = {
      appId: 'stock-app',
      masterKey: randomBytes(24).toString('base64url'),
      serverURL: `${origin('127.0.0.1', (server.address() as AddressInfo).port)}/parse`,
    };
    const parseServer = new ParseServer({ ...serverOptions(settings, database.uri), silent: true });
    await parseServer.start();
    app.use('/parse', parseServer.app);
    return await playDemo(settings);
  } finally {
    await database.stop();
  }
}

/** In a process of its own: in the server's, the SDK would call the server directly instead of over HTTP. */
function playDemo({ appId, serverURL }: { appId: string; serverURL: string }): Promise<number> {
  const demo = spawn(
    process.execPath,
    ['--require', 'ts-node/register/transpile-only', path.join(__dirname, 'demo.ts')],
    {
      cwd: path.join(__dirname, '..'),
      env: { ...process.env, APP_ID: appId, SERVER_URL: serverURL },
      stdio: 'inherit',
    },
  );
  return new Promise((resolve, reject) => {
    demo.once('error', reject);
    demo.once('exit', code => resolve(code ?? 1));
  });
}

main().then(
  exitCode => process.exit(exitCode),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
