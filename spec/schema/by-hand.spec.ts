import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SpecServer } from '../support/server';
import { indexesOf, onPostgres, onServer, stockDatabase } from './database';

/** The statements that the README gives for big tables. */
function statements(language: string): string {
  const readme = readFileSync(path.join(__dirname, '../../README.md'), 'utf8');
  const section = /## Indexes on big tables\n([^]*?)\n## /.exec(readme)?.[1] ?? '';
  return new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(section)?.[1] ?? '';
}

async function makeByHand(server: SpecServer): Promise<number> {
  const { adapter } = server.server.config.databaseController;
  if (onPostgres) {
    const each = statements('sql')
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
  new Function('db', statements('js'))(db);
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

  it('are enough with indexes: false', async () => {
    const databaseURI = await stockDatabase(makeByHand);
    const indexes = await onServer(databaseURI, indexesOf, { indexes: false });
    expect(Object.keys(indexes)).toEqual(
      expect.arrayContaining(['_Session_sessionToken', '_Session_user', '_Session_expiresAt']),
    );
  });
});
