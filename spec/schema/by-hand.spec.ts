import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SpecServer } from '../support/server';
import {
  indexesOf,
  indexesOfOwnClasses,
  makeOwnClasses,
  onPostgres,
  onServer,
  stockDatabase,
} from './database';

const SESSIONS = 0;
const ITS_CLASSES = 1;

/** The statements that the README gives for big tables, those for sessions first. */
function statements(language: string, which: number): string {
  const readme = readFileSync(path.join(__dirname, '../../README.md'), 'utf8');
  const section = /## Indexes on big tables\n([^]*?)\n## /.exec(readme)?.[1] ?? '';
  const blocks = [...section.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))];
  return blocks[which]?.[1] ?? '';
}

async function makeByHand(server: SpecServer, which = SESSIONS): Promise<number> {
  const { adapter } = server.server.config.databaseController;
  if (onPostgres) {
    const each = statements('sql', which)
      .split(';')
      .filter(statement => statement.trim());
    for (const statement of each) await adapter._client.none(statement);
    return each.length;
  }
  // As mongosh runs them.
  const made: Promise<string>[] = [];
  const db = {
    getCollection: (name: string) => ({
      createIndex: (...index: [object, object]) =>
        made.push(adapter.database.collection(name).createIndex(...index)),
    }),
  };
  new Function('db', statements('js', which))(db);
  return (await Promise.all(made)).length;
}

describe('the indexes that an operator makes by hand, as the README tells', () => {
  it('are those that the server would make, and it makes no other', async () => {
    const byServer = await onServer(await stockDatabase(), indexesOf);
    let byHand: object = {};
    const databaseURI = await stockDatabase(async stock => {
      expect(await makeByHand(stock)).toBe(3);
      byHand = await indexesOf(stock);
    });
    expect(byHand).toEqual(byServer);
    expect(await onServer(databaseURI, indexesOf)).toEqual(byHand);
  });

  it('are those that the server would make on its own classes, and it makes no other', async () => {
    const withClasses = () => stockDatabase(makeOwnClasses);
    const byServer = await onServer(await withClasses(), indexesOfOwnClasses);
    const databaseURI = await withClasses();
    const byHand = await onServer(
      databaseURI,
      async server => {
        expect(await makeByHand(server, ITS_CLASSES)).toBe(8);
        return indexesOfOwnClasses(server);
      },
      { indexes: false },
    );
    expect(byHand).toEqual(byServer);
    expect(await onServer(databaseURI, indexesOfOwnClasses)).toEqual(byHand);
  });

  it('are enough with indexes: false', async () => {
    const databaseURI = await stockDatabase(makeByHand);
    const indexes = await onServer(databaseURI, indexesOf, { indexes: false });
    expect(Object.keys(indexes)).toEqual(
      expect.arrayContaining(['_Session_sessionToken', '_Session_user', '_Session_expiresAt']),
    );
  });
});
