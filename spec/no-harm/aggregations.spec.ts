import { sameAsStock, type Play, type Scenario } from '../support/same-as-stock';
import type { SpecServer } from '../support/server';

const READ_ONLY_KEY = 'read-only';

const made = new WeakSet<SpecServer>();

/** Rows of classes, and with values, that only look like those of Parse Server. */
async function makeRows(server: SpecServer): Promise<void> {
  if (made.has(server)) return;
  made.add(server);
  for (const className of ['Metric', 'Training_Session', 'App_User']) {
    await server.makeClass(className, { v: { type: 'Number' } });
    for (const name of ['system.load', 'my_Session', 'my_User']) {
      const body = { name, secret: `of ${name}`, v: 1 };
      await server.rest('POST', `/classes/${className}`, { master: true, body });
    }
  }
}

const aggregate =
  (className: string, pipeline: object[], key: object): Play =>
  async server => {
    await makeRows(server);
    const query = encodeURIComponent(JSON.stringify(pipeline));
    const { status, body } = await server.rest('GET', `/aggregate/${className}?pipeline=${query}`, key);
    const rows: any[] = body.results ?? [];
    return { status, rows: rows.map(({ name, secret, total }) => ({ name, secret, total })) };
  };

const keys: Array<[string, object]> = [
  ['the master key', { master: true }],
  ['the read-only master key', { headers: { 'X-Parse-Master-Key': READ_ONLY_KEY } }],
];
const PIPELINES: Array<[string, object[]]> = [
  ['rows by a value like a name of MongoDB', [{ $match: { name: 'system.load' } }]],
  ['rows by a value like a name of sessions', [{ $match: { name: 'my_Session' } }]],
  ['rows by a value like a name of users', [{ $match: { name: 'my_User' } }]],
  ['a sum', [{ $group: { _id: null, total: { $sum: '$v' } } }]],
];

const scenarios = keys.flatMap(([who, key]) =>
  ['Metric', 'Training_Session', 'App_User'].flatMap(className =>
    PIPELINES.map(([what, pipeline]): Scenario => [
      `of ${className} by ${who}, ${what}`,
      aggregate(className, pipeline, key),
      { status: 200 },
    ]),
  ),
);

describe('an aggregation of a class of the app answers as on stock Parse Server:', () => {
  sameAsStock(scenarios, {
    parseServer: { readOnlyMasterKey: READ_ONLY_KEY, allowAggregationForReadOnlyMasterKey: true },
  });
});
