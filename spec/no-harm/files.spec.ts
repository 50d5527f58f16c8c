import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { FolderFiles } from '../support/folder-files';
import { normal, onStockAndMounted, sameAsStock, type Play, type Scenario } from '../support/same-as-stock';
import type { RestOptions, SpecServer } from '../support/server';

declare const Parse: any;

/** A storage that answers ranges by itself, as GridFS does, and keeps notes beside its files. */
class StreamingFiles extends FolderFiles {
  async handleFileStream(name: string, request: any, response: any, contentType: string): Promise<void> {
    const file = path.join(this.folder, name);
    const { size } = await stat(file);
    const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.get('Range')) ?? [];
    const start = from === '' ? size - Number(to) : Number(from);
    const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
    response.writeHead(206, {
      'Content-Range': `bytes ${start}-${end}/${size}`,
      'Accept-Ranges': 'bytes',
      'Content-Length': end - start + 1,
      'Content-Type': contentType,
    });
    createReadStream(file, { start, end }).pipe(response);
  }

  async getMetadata(name: string) {
    return name.startsWith('kept-') ? { metadata: { of: name } } : Promise.reject(new Error('none'));
  }
}

/** What the server has logged, save what it says of its own future, which goes to whichever logger is there. */
const lines: unknown[] = [];
const loggerAdapter = {
  log: (...line: unknown[]) => void (String(line[1]).startsWith('Deprecation') || lines.push(line)),
  query: () => [],
};

const NAME = 'kept-note.txt';
const storage = new StreamingFiles();

beforeAll(() => storage.createFile(NAME, Buffer.from('one two three')));
afterAll(() => storage.dispose());

const options = {
  filesAdapter: storage,
  silent: false,
  loggerAdapter,
  fileUpload: { enableForPublic: true, enableForAuthenticatedUser: true },
};

type Caller = (server: SpecServer) => Promise<RestOptions> | RestOptions;

const CALLERS: Array<[string, Caller]> = [
  ['nobody', () => ({})],
  ['a user', async server => ({ token: (await server.signUp()).token })],
  [
    'a session that a client has made',
    async server => ({ token: (await server.restricted((await server.signUp()).token)).token }),
  ],
  [
    'an anonymous user',
    async server => {
      const body = { authData: { anonymous: { id: `id-${Math.random()}` } } };
      return { token: (await server.rest('POST', '/users', { body })).body.sessionToken };
    },
  ],
  ['a token of nobody', () => ({ token: 'r:0123456789abcdef0123456789abcdef' })],
  ['the master key', () => ({ master: true })],
  ['the read-only master key', () => ({ readOnlyMaster: true })],
];

/** Everything that may be asked of a file: answers, their headers, and what is logged of it. */
async function ask(server: SpecServer, who: RestOptions) {
  const seen: unknown[] = [];
  const requests: Array<[method: string, file: string, headers?: Record<string, string>]> = [
    ['GET', NAME],
    ['HEAD', NAME],
    ['GET', NAME, { Range: 'bytes=4-6' }],
    ['GET', NAME, { Range: 'bytes=-5' }],
    ['GET', NAME, { Range: 'bytes=x' }],
    ['GET', NAME, { 'If-None-Match': '"x"', 'Cache-Control': 'no-cache' }],
    ['GET', `metadata/${NAME}`],
    ['HEAD', `metadata/${NAME}`],
    ['GET', 'gone.txt'],
    ['GET', 'gone.txt', { Range: 'bytes=0-1' }],
    ['GET', 'metadata/gone.txt'],
    ['GET', `folder/${NAME}`],
    ['OPTIONS', NAME],
  ];
  for (const [method, file, headers = {}] of requests) {
    const answer = await server.rest(method, `/files/${server.appId}/${file}`, { ...who, headers });
    const { date: _date, ...named } = Object.fromEntries(answer.headers);
    seen.push([method, file, answer.status, answer.body, named]);
  }
  return seen;
}

const scenarios: Scenario[] = CALLERS.map(([title, caller]) => [
  title,
  async server => {
    const who = await caller(server);
    lines.length = 0;
    const answers = await ask(server, who);
    return normal({ answers, lines: [...lines] });
  },
  { answers: expect.arrayContaining([expect.arrayContaining(['GET', NAME])]) },
]);

describe('files that the public may read go to each as on stock Parse Server', () => {
  sameAsStock(scenarios, { parseServer: options });
});

describe('files that only users may read, too, with guardFiles', () => {
  sameAsStock(scenarios, {
    sessions: { guardFiles: true },
    parseServer: { ...options, fileDownload: { enableForPublic: false, enableForAnonymousUser: false } },
  });
});

describe('with triggers of the app on files', () => {
  const cloud = () => {
    Parse.Cloud.beforeFind(
      Parse.File,
      ({ file, user }: any) => {
        if (file.name() === 'gone.txt') throw new Parse.Error(101, 'it is gone');
        if (file.name() === 'alias.txt') file._name = NAME;
        return user ? undefined : { file };
      },
      ({ file }: any) => {
        if (file.name().startsWith('folder/')) throw 'no folders';
      },
    );
    Parse.Cloud.afterFind(Parse.File, (request: any) => {
      request.forceDownload = true;
      request.responseHeaders['Cache-Control'] = 'private, max-age=60';
    });
    Parse.Cloud.beforeSave(Parse.File, ({ file }: any) => void file.addMetadata('by', 'app'));
    Parse.Cloud.beforeFind('Note', ({ query }: any) => void query.exists('text'));
  };

  it('they run as on stock, and the log is the same from the start on, but for one line of it', async () => {
    const play: Play = async server => {
      const start = lines.splice(0);
      const answers: unknown[] = [];
      for (const [, caller] of CALLERS) answers.push(await ask(server, await caller(server)));
      const alias = await server.rest('GET', `/files/${server.appId}/alias.txt`);
      const body = { body: 'hello', headers: { 'Content-Type': 'text/plain' } };
      const { status } = await server.rest('POST', '/files/kept-new.txt', body);
      for (const note of [{ text: 'a' }, {}])
        await server.rest('POST', '/classes/Note', { master: true, body: note });
      const notes = (await server.rest('GET', '/classes/Note')).body.results.length;
      return normal({
        start,
        answers,
        alias: [alias.status, alias.body],
        status,
        notes,
        lines: lines.splice(0),
      });
    };
    lines.length = 0;
    const { stock, mounted } = await onStockAndMounted(play, { parseServer: options, harness: { cloud } });
    expect(stock).toMatchObject({ alias: [200, 'one two three'], status: 201, notes: 1 });
    const line = ['info', expect.stringMatching(/^parse-server-sessions \d/)];
    expect(mounted).toEqual({ ...(stock as object), start: [...(stock as any).start, line] });
  });
});
