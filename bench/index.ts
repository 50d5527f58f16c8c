import { parseArgs } from 'node:util';
import { activity } from './activity';
import { guard, same } from './guard';
import { memory } from './memory';
import { operator } from './operator';
import { pages } from './pages';
import { purge } from './purge';
import { revoke } from './revoke';
import { revokeWhere } from './revoke-where';
import { search } from './search';
import { BenchError, type Benchmark, type Context } from './support/benchmark';
import { compileServer } from './support/compile';
import { openServer } from './support/database';
import { Report } from './support/report';
import { startServer, type ServerProcess } from './support/server';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  guard,
  activity,
  same,
  memory,
  purge,
  revoke,
  'revoke-where': revokeWhere,
  search,
  pages,
  operator,
};

const HELP = `Usage: npm run bench -- [options] [name ...]

Measures ratios side by side in one run, and exits with 1 when a target is missed. No name: all of them.

${Object.entries(BENCHMARKS)
  .map(([name, { summary }]) => `  ${name.padEnd(12)} ${summary}`)
  .join('\n')}

Options:
  --rounds <n>  how often each is repeated, instead of its own number
  --volatile    the embedded PostgreSQL waits for no disk (no fsync), as none in production does
  --help        this text

They run on an embedded PostgreSQL, or on that of DATABASE_URI, in databases that they make and drop.`;

const report = new Report();
/** What has been started, to be stopped in the opposite order. */
const started: (() => Promise<void>)[] = [];

interface Arguments {
  names: string[];
  rounds?: number;
  volatile: boolean;
  help: boolean;
}

function readArguments(args: string[]): Arguments {
  const { values, positionals } = readOptions(args);
  for (const name of positionals) {
    if (!Object.hasOwn(BENCHMARKS, name)) {
      throw new BenchError(
        `There is no benchmark "${name}"; there are ${Object.keys(BENCHMARKS).join(', ')}.`,
      );
    }
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= 1_000)) {
    throw new BenchError(`--rounds takes a whole number from 1 to 1000, got "${values.rounds}".`);
  }
  const names = positionals.length > 0 ? [...new Set(positionals)] : Object.keys(BENCHMARKS);
  return { names, rounds, volatile: values.volatile, help: values.help };
}

function readOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        rounds: { type: 'string' },
        volatile: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new BenchError(`${(error as Error).message}\nAll options: npm run bench -- --help`);
  }
}

async function main(): Promise<boolean> {
  const { names, rounds, volatile, help } = readArguments(process.argv.slice(2));
  if (help) {
    report.line(HELP);
    return true;
  }
  const server = await openServer(process.env.DATABASE_URI?.trim() || undefined, { durable: !volatile });
  started.push(() => server.stop());
  report.line(`${server.what}; Node.js ${process.versions.node}`);

  const file = compileServer();
  const missed: string[] = [];
  for (const name of names) {
    const benchmark = BENCHMARKS[name]!;
    report.line(`\n${name}: ${benchmark.summary}`);
    const processes: ServerProcess[] = [];
    const context: Context = {
      report,
      rounds,
      createDatabase: () => server.create(),
      async startServer(databaseURI, sessions) {
        const started = await startServer(file, { databaseURI, sessions });
        processes.push(started);
        return started;
      },
    };
    try {
      if (!(await benchmark.run(context))) missed.push(name);
    } finally {
      // The next one has the machine for itself.
      await Promise.all(processes.map(process => process.stop()));
    }
  }
  report.line(missed.length > 0 ? `\nMissed: ${missed.join(', ')}` : '\nAll targets met.');
  return missed.length === 0;
}

async function stop(exitCode: number): Promise<never> {
  for (const step of started.splice(0).reverse()) {
    await step().catch(error => {
      console.error(error);
      exitCode = 1;
    });
  }
  process.exit(exitCode);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    report.finish();
    // Servers end by themselves when this process does.
    void stop(1);
  });
}
main().then(
  passed => stop(passed ? 0 : 1),
  error => {
    report.finish();
    console.error(error instanceof BenchError ? error.message : error);
    return stop(1);
  },
);
