import type { Benchmark, Context } from './support/benchmark';
import { compareCpu, exact, ratioToFirst, type Contender } from './support/cpu';
import { Load } from './support/load';
import { Notes, OPERATIONS, signUp, type Operation } from './support/notes';
import type { Kind } from './support/server';

const CONCURRENCY = 16;

/** At most so much of the CPU of a stock server. */
const NOT_GUARDED: Readonly<Record<Operation, number>> = { creates: 1.05, updates: 1.05, gets: 1.03 };
const GUARDED = 1.06;
/** How far a stock server may seem to be from another one. */
const UNSURE = 0.01;

const contender = (context: Context, load: Load, name: string, kind: Kind): Contender<Operation> => ({
  name,
  async open() {
    const server = await context.startServer(await context.createDatabase(), kind);
    const { send } = await Notes.open(load, server.url, [await signUp(load, server.url)]);
    return { server, send };
  },
});

export const guard: Benchmark = {
  summary: 'CPU of creates, updates and gets by an unrestricted session against a stock Parse Server',

  async run(context) {
    const { report, rounds = 15 } = context;
    const load = new Load(CONCURRENCY);
    try {
      const spent = await compareCpu(report, {
        operations: OPERATIONS,
        rounds,
        contenders: [
          contender(context, load, 'stock', 'stock'),
          contender(context, load, 'not guarded', {}),
          contender(context, load, "guard '*'", { guard: '*' }),
          contender(context, load, "the guide's trigger", 'guide'),
        ],
      });
      const passed: boolean[] = [];
      for (const operation of OPERATIONS) {
        const targets: [string, number][] = [
          ['a class that is not guarded', NOT_GUARDED[operation]],
          ["guard '*'", GUARDED],
        ];
        targets.forEach(([what, target], index) => {
          const { median, details } = ratioToFirst(spent[operation], index + 1);
          const text = `${operation}, ${what}: ${exact(median)} of stock's CPU (median; target: at most ${target}; ${details})`;
          passed.push(report.verdict(median <= target, text));
        });
        const guide = ratioToFirst(spent[operation], targets.length + 1);
        report.line(
          `        ${operation}, the guide's trigger: ${exact(guide.median)} of stock's CPU (${guide.details})`,
        );
      }
      return passed.every(Boolean);
    } finally {
      load.close();
    }
  },
};

export const same: Benchmark = {
  summary: 'CPU of a stock Parse Server against another one: how exact "guard" and "activity" are',

  async run(context) {
    const { report, rounds = 15 } = context;
    const load = new Load(CONCURRENCY);
    try {
      const spent = await compareCpu(report, {
        operations: OPERATIONS,
        rounds,
        contenders: ['stock', 'stock too'].map(name => contender(context, load, name, 'stock')),
      });
      const passed = OPERATIONS.map(operation => {
        const { median, details } = ratioToFirst(spent[operation], 1);
        const text = `${operation}: ${exact(median)} (median; target: 1 ± ${UNSURE}; ${details})`;
        return report.verdict(Math.abs(median - 1) <= UNSURE, text);
      });
      return passed.every(Boolean);
    } finally {
      load.close();
    }
  },
};
