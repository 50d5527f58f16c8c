import { readDocument } from '../support/documents';
import type { SpecServer } from '../support/server';
import {
  indexesOf,
  indexesOfOwnClasses,
  makeOwnClasses,
  onPostgres,
  onServer,
  stockDatabase,
} from './database';

/** An index of each of the two parts: of sessions, and of this package's own classes. */
const SESSIONS = '_Session_sessionToken';
const ITS_CLASSES = 'ParseEndedSession';

/** The statements that docs/operations.md gives for big tables: those of the block that makes this index. */
function statements(language: string, index: string): string {
  const { blocks } = readDocument('docs/operations.md');
  const block = blocks.find(block => block.language === language && block.code.includes(index));
  return block?.code ?? '';
}

async function makeByHand(server: SpecServer, index = SESSIONS): Promise<number> {
  const { adapter } = server.server.config.databaseController;
  if (onPostgres) {
    const each = statements('sql', index)
      .split(';')
      .filter(statement => statement.trim());
    for (const statement of each) await adapter._client.none(statement);
    return each.length;
  }
  // As mongosh runs them.
  const made: Promise<string>[] = [];
  const db = {
    getCollection: (name: string) => ({
      createIndex: (...given: [object, object]) =>
        made.push(adapter.database.collection(name).createIndex(...given)),
    }),
  };
  new Function('db', statements('javascript', index))(db);
  return (await Promise.all(made)).length;
}

describe('the indexes that an operator makes by hand, as the documents tell', () => {
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
