import express from 'express';
import { isRest } from '../../../src/gate/routes';

const tell: express.RequestHandler = (request, response) => {
  response.json(isRest(request as never));
};
const allowMethodOverride: express.RequestHandler = (_request, _response, next) => next();

/** The app of Parse Server's REST API, as far as it is known by. */
const api = () => express().use(allowMethodOverride).use(tell);

/** What a middleware sees of a request. */
async function seen(app: express.Express, path: string): Promise<boolean> {
  const server = app.listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  await new Promise(resolve => server.close(resolve));
  return (await response.json()) as boolean;
}

describe('a request is one of the REST API', () => {
  it.each<[string, () => express.Express, string]>([
    ['where the API is mounted', () => express().use('/parse', api()), '/parse/classes/Note'],
    ['at its very path', () => express().use('/parse', api()), '/parse'],
    ['at the root of another app', () => express().use(api()), '/classes/Note'],
    ['by itself', () => api(), '/classes/Note'],
    ['in a router', () => express().use(express.Router().use('/parse', api())), '/parse/classes/Note'],
    ['in an app within another', () => express().use('/v1', express().use('/parse', api())), '/v1/parse/x'],
  ])('%s', async (_where, app, path) => {
    expect(await seen(app(), path)).toBe(true);
  });

  it.each<[string, () => express.Express, string]>([
    ['GraphQL', () => express().use('/graphql', tell), '/graphql'],
    ['a path below GraphQL', () => express().use('/graphql', tell), '/graphql/classes/Note'],
    ['GraphQL at the root', () => express().use('/', tell), '/classes/Note'],
    [
      'GraphQL in an app within another',
      () => express().use('/v1', express().use('/graphql', tell)),
      '/v1/graphql',
    ],
    ['GraphQL at the root of an app within another', () => express().use('/v1', express().use(tell)), '/v1'],
    [
      'GraphQL beside the API',
      () => express().use('/parse', api()).use('/graphql', tell),
      '/graphql/classes/Note',
    ],
  ])('not %s', async (_where, app, path) => {
    expect(await seen(app(), path)).toBe(false);
  });
});
