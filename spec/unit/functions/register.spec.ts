import { registerFunctions } from '../../../src/functions/register';

const TOKEN = 'r:0123456789abcdef0123456789abcdef';

it('a function gets what was sent; what is logged after it has no secret, in keys neither', async () => {
  const handlers: Record<string, (request: object) => Promise<unknown>> = {};
  const define = (name: string, handler: unknown) => void (handlers[name] = handler as never);
  const answer = async ({ params }: { params: unknown }) => JSON.stringify(params);
  registerFunctions(define as never, '', { ask: answer }, { hasFunction: () => false } as never);
  const params = { [TOKEN]: 1, sessionToken: 'x', limit: 1, _ClientVersion: 'js8.6.0' };
  const sent = JSON.stringify({ [TOKEN]: 1, sessionToken: 'x', limit: 1 });
  expect(await handlers.ask!({ params, config: { database: {} } })).toBe(sent);
  expect(params).toEqual({
    'r:********': 1,
    sessionToken: '********',
    limit: 1,
    _ClientVersion: 'js8.6.0',
  });
});
