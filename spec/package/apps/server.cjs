/* global process, require */
// CommonJS, whose cloud code is an ES module.
const http = require('node:http');
const express = require('express');
const { ParseServer } = require('parse-server');
const { parseSessions } = require('parse-server-sessions');

const app = express();
const server = http.createServer(app).listen(0, '127.0.0.1', async () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  const sessions = parseSessions({ guard: ['Invoice'] });
  const options = JSON.parse(process.env.PARSE_SERVER_OPTIONS);
  const cloud = () => import('./cloud.mjs');
  const parseServer = new ParseServer(
    sessions.configure({ ...options, serverURL: `${origin}/parse`, cloud }),
  );
  await parseServer.start();
  app.use('/sessions', sessions.devicesPage());
  app.use('/parse', parseServer.app);
  process.send({ origin });
});
