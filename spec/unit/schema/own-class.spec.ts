import { OwnClasses } from '../../../src/schema/own-class';

const NEEDED = { className: 'ParseSessionDevice', columns: { owner: 'String' }, indexed: ['owner'] };
const CLOSED = { find: {}, get: {}, count: {}, create: {}, update: {}, delete: {}, addField: {} };

describe('a class of this package', () => {
  let done: string[];
  let classes: Map<string, { fields: object; classLevelPermissions: object }>;

  const ownClasses = (withIndexes = true) => {
    const schema = {
      getAllClasses: async () => [...classes.keys()].map(className => ({ className })),
      getOneSchema: async (className: string) => classes.get(className),
      addClassIfNotExists: async (className: string, fields: object, classLevelPermissions: object) => {
        done.push('class');
        classes.set(className, { fields, classLevelPermissions });
      },
      enforceFieldExists: async (_class: string, name: string) => done.push(`column ${name}`),
      setPermissions: async () => done.push('permissions'),
      reloadData: async () => done.push('reload'),
    };
    const adapter = {
      ensureIndex: async (_class: string, _schema: object, _fields: string[], name: string) =>
        done.push(`index ${name}`),
    };
    const database = { loadSchema: async () => schema, adapter };
    return new OwnClasses({ database, loggerController: { warn: jest.fn() } } as never, withIndexes);
  };
  const exists = (permissions: object = CLOSED, fields: object = { owner: { type: 'String' } }) =>
    classes.set(NEEDED.className, { fields, classLevelPermissions: permissions });

  beforeEach(() => {
    done = [];
    classes = new Map();
  });

  it('is made with its indexes when it is needed, and costs nothing from then on', async () => {
    const own = ownClasses();
    await own.ensure(NEEDED);
    expect(done.filter(what => what !== 'reload')).toEqual(['class', 'index ParseSessionDevice_owner']);
    done = [];
    await own.ensure(NEEDED);
    await own.ensure(NEEDED);
    expect(done).toEqual([]);
  });

  it('that is right has nothing done to it at the start but its indexes', async () => {
    exists();
    await ownClasses().openIfThere(NEEDED);
    expect(done).toEqual(['index ParseSessionDevice_owner']);
  });

  it('that is right has nothing done to it at the start with indexes: false', async () => {
    exists({ ...CLOSED, protectedFields: { '*': ['x'] }, ACL: { '*': { read: true } }, writeUserFields: [] });
    await ownClasses(false).openIfThere(NEEDED);
    expect(done).toEqual([]);
  });

  it('that is not there is not made at the start', async () => {
    await ownClasses().openIfThere(NEEDED);
    expect(done.filter(what => what !== 'reload')).toEqual([]);
  });

  it.each([
    ['for everybody', { get: { '*': true } }],
    ['for whom a row names', { find: { pointerFields: ['owner'] } }],
    ['for readers whom a row names', { readUserFields: ['owner'] }],
    ['because nothing is said', { count: undefined }],
  ])('that is open %s is closed', async (_what, permissions) => {
    exists({ ...CLOSED, ...permissions });
    await ownClasses().ensure(NEEDED);
    expect(done).toEqual(['permissions', 'reload']);
  });

  it('that lacks a column gets it', async () => {
    exists(CLOSED, {});
    await ownClasses().ensure(NEEDED);
    expect(done).toEqual(['column owner', 'reload']);
  });
});
