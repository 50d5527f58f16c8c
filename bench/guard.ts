import type { SessionsOptions } from '../src';
import type { Benchmark } from './support/benchmark';
import { compare } from './support/compare';
import { Load } from './support/load';
import { ratio } from './support/report';
import { APP_ID } from './support/server-process';

const CONCURRENCY = 16;
/** Per contender and round. */
const WRITES = 400;

const OF_STOCK = 0.9;

export const guard: Benchmark = {
  summary: 'creates and updates by an unrestricted session against a stock Parse Server',

  async run({ report, rounds = 15, createDatabase, startServer }) {
    const load = new Load(CONCURRENCY);

    const prepare = async (options: SessionsOptions | 'stock') => {
      const { url } = await startServer(await createDatabase(), options);
      const app = { 'X-Parse-Application-Id': APP_ID };
      const signUp = { username: 'bench', password: 'correct horse' };
      const [user] = (await load.run(url, [{ method: 'POST', path: '/users', headers: app, body: signUp }]))
        .answers as [{ sessionToken: string }];
      const headers = { ...app, 'X-Parse-Session-Token': user.sessionToken };
      let counter = 0;
      const body = () => ({ counter: ++counter, text: 'a note of some length', done: false });
      let ids: string[] = [];

      const creates = async () => {
        const requests = Array.from({ length: WRITES }, () => ({
          method: 'POST',
          path: '/classes/Note',
          headers,
          body: body(),
        }));
        const { perSecond, answers } = await load.run(url, requests);
        ids = (answers as { objectId: string }[]).map(({ objectId }) => objectId);
        return perSecond;
      };
      const updates = async () => {
        const requests = ids.map(id => ({
          method: 'PUT',
          path: `/classes/Note/${id}`,
          headers,
          body: body(),
        }));
        return (await load.run(url, requests)).perSecond;
      };
      // Machine code is made for the first thousands of requests; all servers get over it before it counts.
      for (let round = 0; round < 5; round += 1) {
        await creates();
        await updates();
      }
      return { creates, updates };
    };

    try {
      const plain = await prepare({});
      const everything = await prepare({ guard: '*' });
      const stock = await prepare('stock');
      const passed: boolean[] = [];
      for (const operation of ['creates', 'updates'] as const) {
        report.line(`  ${operation}`);
        const medians = await compare(report, {
          what: `guard, ${operation}`,
          unit: `${operation}/s`,
          rounds,
          contenders: [
            { name: 'stock', measure: stock[operation] },
            { name: 'not guarded', measure: plain[operation] },
            { name: "guard '*'", measure: everything[operation] },
          ],
          ratios: [
            [1, 0],
            [2, 0],
          ],
        });
        ['a class that is not guarded', "guard '*'"].forEach((what, index) => {
          const ofStock = medians[index]!;
          const text = `${operation}, ${what}: ${ratio(ofStock)} of stock (median; target: at least ${OF_STOCK})`;
          passed.push(report.verdict(ofStock >= OF_STOCK, text));
        });
      }
      return passed.every(Boolean);
    } finally {
      load.close();
    }
  },
};
