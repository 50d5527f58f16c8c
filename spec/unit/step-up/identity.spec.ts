import type { User } from 'parse/node';
import { Identity } from '../../../src/step-up/identity';

/** An adapter that learns the user's id from a code, as Parse Server's own for GitHub and others do. */
const exchanging = {
  adapter: {
    beforeFind: async (authData: Record<string, unknown>) => {
      authData.id = String(authData.code).replace('code of ', '');
      delete authData.code;
    },
  },
  validator: jest.fn(async () => ({})),
};
const config = {
  authDataManager: { getValidatorForProvider: () => exchanging },
  loggerController: {},
} as never;
const row = { objectId: 'ada', authData: { github: { id: 'ada-at-github' } } };
const database = { find: async () => [row] } as never;
const Parse = { User: { fromJSON: (json: object) => json } } as never;
const check = (authData: Record<string, object>) =>
  new Identity(Parse, database).check({ id: 'ada' } as User, { authData: authData as never }, config);

describe('a code that the provider exchanges for the user', () => {
  it('proves the user whose it is', async () => {
    const given = { code: 'code of ada-at-github' };
    await check({ github: given });
    expect(exchanging.validator).toHaveBeenCalledWith(
      { id: 'ada-at-github' },
      expect.anything(),
      expect.anything(),
      expect.anything(),
    );
    expect(given).toEqual({ code: 'code of ada-at-github' });
  });

  it('proves no other', async () => {
    await expect(check({ github: { code: 'code of grace' } })).rejects.toMatchObject({ code: 101 });
  });
});
