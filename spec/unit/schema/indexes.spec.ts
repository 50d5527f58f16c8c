import { ensureIndexes } from '../../../src/schema/columns';

describe('the indexes', () => {
  let made: string[];
  let warn: jest.Mock;

  const ensure = (failure?: (name: string) => unknown) =>
    ensureIndexes({
      database: {
        loadSchema: async () => ({ getOneSchema: async () => ({ fields: {} }) }),
        adapter: {
          ensureIndex: async (_class: string, _schema: object, _fields: string[], name: string) => {
            made.push(name);
            const error = failure?.(name);
            if (error) throw error;
          },
        },
      } as never,
      loggerController: { warn },
    });
  const error = (code: number | string) => Object.assign(new Error('as the database says'), { code });

  beforeEach(() => {
    made = [];
    warn = jest.fn();
  });

  const NAMES = ['_Session_sessionToken', '_Session_user', '_Session_expiresAt'];

  it('are made, each of them', async () => {
    await ensure();
    expect(made).toEqual(NAMES);
    expect(warn).not.toHaveBeenCalled();
  });

  it('are there already under another name: MongoDB says 85, and they serve', async () => {
    await ensure(name => name === '_Session_user' && error(85));
    expect(made).toEqual(NAMES);
    expect(warn).not.toHaveBeenCalled();
  });

  it('are there with other keys or options: MongoDB says 86, and the log tells', async () => {
    await ensure(name => name === '_Session_user' && error(86));
    expect(made).toEqual(NAMES);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toContain('_Session_user');
  });

  it('have just been made by another process of PostgreSQL: the second try sees them', async () => {
    let tries = 0;
    await ensure(name => name === '_Session_user' && (tries += 1) === 1 && error('23505'));
    expect(made).toEqual(['_Session_sessionToken', '_Session_user', '_Session_user', '_Session_expiresAt']);
  });

  it('stop the start when the database refuses one, and tell what to do', async () => {
    const refused = ensure(name => name === '_Session_user' && error('42501'));
    await expect(refused).rejects.toThrow(
      'parse-server-sessions could not make the index on _Session.user (as the database says). Make the indexes ' +
        'yourself, and set the option indexes: false. See https://',
    );
  });
});
