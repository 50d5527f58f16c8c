// An ES module, whose cloud code is CommonJS.
import { once } from 'node:events';
import http from 'node:http';
import process from 'node:process';
import express from 'express';
import { ParseServer } from 'parse-server';
import { parseSessions } from 'parse-server-sessions';

const app = express();
const server = http.createServer(app).listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;

const sessions = parseSessions({ guard: ['Invoice'] });
const options = JSON.parse(process.env.PARSE_SERVER_OPTIONS);
const parseServer = new ParseServer(
  sessions.configure({ ...options, serverURL: `${origin}/parse`, cloud: './cloud.cjs' }),
);
await parseServer.start();
app.use('/sessions', sessions.devicesPage());
app.use('/parse', parseServer.app);
process.send({ origin });
