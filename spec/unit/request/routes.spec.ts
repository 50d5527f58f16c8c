import express from 'express';
import { isRest } from '../../../src/request/routes';

/** What a middleware of the API, and one of GraphQL, sees of a request. */
async function seen(app: express.Express, path: string): Promise<string[]> {
  const server = app.listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  await new Promise(resolve => server.close(resolve));
  return (await response.json()) as string[];
}

const tell: express.RequestHandler = (request, response) => {
  response.json([String(isRest(request as never))]);
};

const api = () => express().use(tell);

describe('a request is one of the REST API', () => {
  it.each<[string, () => express.Express, string]>([
    ['where the API is mounted', () => express().use('/parse', api()), '/parse/classes/Note'],
    ['at its very path', () => express().use('/parse', api()), '/parse'],
    ['at the root of another app', () => express().use(api()), '/classes/Note'],
    [
      'within an app that is mounted itself',
      () => express().use('/v1', express().use('/parse', api())),
      '/v1/parse/classes/Note',
    ],
  ])('%s', async (_where, app, path) => {
    expect(await seen(app(), path)).toEqual(['true']);
  });

  it.each<[string, () => express.Express, string]>([
    ['GraphQL', () => express().use('/graphql', tell), '/graphql'],
    ['a path below GraphQL', () => express().use('/graphql', tell), '/graphql/classes/Note'],
    ['GraphQL at the root', () => express().use('/', tell), '/classes/Note'],
    [
      'GraphQL in an app that is mounted',
      () => express().use('/v1', express().use('/graphql', tell)),
      '/v1/graphql',
    ],
    ['the API when it is no part of an app: nothing tells', () => api(), '/classes/Note'],
    [
      'the API in a router: nothing tells',
      () => express().use(express.Router().use('/parse', api())),
      '/parse/x',
    ],
  ])('not %s', async (_where, app, path) => {
    expect(await seen(app(), path)).toEqual(['false']);
  });
});
