import path from 'node:path';
import { failingStart } from '../support/failing-start';
import { startServer, type HarnessOptions, type SpecServer } from '../support/server';

declare const Parse: any;

const file = (name: string) => path.join(__dirname, 'cloud', name);

describe('the option cloud, as Parse Server takes it', () => {
  let server: SpecServer | undefined;

  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  async function start(cloud: HarnessOptions['cloud']) {
    server = await startServer({}, {}, { cloud });
    return server;
  }

  it.each([
    ['an absolute path of a TypeScript file', file('absolute.ts'), 'from absolute.ts'],
    ['a path without extension', file('without-extension'), 'from without-extension.ts'],
    [
      'a path from the working directory',
      path.relative(process.cwd(), file('relative.ts')),
      'from relative.ts',
    ],
    ['a path of a JavaScript file', file('plain.js'), 'from plain.js'],
  ])('may be %s', async (_what, cloud, expected) => {
    const { run } = await start(cloud);
    expect(await run('whereFrom')).toBe(expected);
    await expect(run('listSessions')).rejects.toMatchObject({ code: 209 });
  });

  it('may be a function, which gets the SDK', async () => {
    const { run } = await start(given => {
      given.Cloud.define('isTheGlobal', () => given === Parse);
    });
    expect(await run('isTheGlobal')).toBe(true);
  });

  it('may be a function that takes its time: the server starts when it is done', async () => {
    let isDone = false;
    await start(async () => {
      await new Promise(resolve => setTimeout(resolve, 200));
      Parse.Cloud.define('late', () => 'here');
      isDone = true;
    });
    expect(isDone).toBe(true);
    expect(await server!.run('late')).toBe('here');
  });

  it('may be left out', async () => {
    const { run, signUp } = await start(undefined);
    expect(await run('listSessions', {}, await signUp())).toHaveLength(1);
    await expect(run('whereFrom')).rejects.toMatchObject({ code: 141 });
  });

  it('finds the columns, the store and the functions of this package ready', async () => {
    let found: unknown;
    let listed: unknown;
    await start(async () => {
      const { fields } = await new Parse.Schema('_Session').get();
      found = fields.restricted;
      listed = await Parse.Cloud.run('listSessions', { userId: 'nobody' }, { useMasterKey: true });
    });
    expect(found).toMatchObject({ type: 'Boolean' });
    expect(listed).toEqual([]);
  });

  it.each<[string, unknown, string | RegExp]>([
    ['a number', 5, "argument 'cloud' must either be a string or a function"],
    ['an object', {}, "argument 'cloud' must either be a string or a function"],
    ['the path of no file', file('no-such-file.js'), /no-such-file/],
    ['a file that throws', file('broken.js'), 'this cloud code is broken'],
    [
      'a function that throws',
      () => {
        throw new Error('this function is broken');
      },
      'this function is broken',
    ],
    ['a function that rejects', async () => Promise.reject(new Error('later')), 'later'],
  ])('stops the start when it is %s', async (_what, cloud, why) => {
    expect(await failingStart({}, {}, { cloud: cloud as never })).toMatch(why);
  });
});
