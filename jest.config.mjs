import { createRequire } from 'node:module';
import process from 'node:process';
import vm from 'node:vm';
import tsNode from 'ts-node';
import unit from './spec/unit/jest.config.mjs';

const require = createRequire(import.meta.url);

// Parse Server has dynamic imports, which jest allows with this flag of Node only.
if (!vm.SourceTextModule)
  throw new Error('Start the specs with "npm test", or "npm test -- <jest options>".');

/** Fails a spec file on what would end a server's process. */
const testEnvironment = '<rootDir>/spec/support/failing-on-unhandled.ts';

/** What a browser shows whatever the database: these run on one, which is PostgreSQL. */
const ON_ONE = '<rootDir>/spec/pages/(admin|attack|confirm|looks|serving|sign-in|states).spec.ts$';

const onDatabase = (name, color, database) => ({
  ...unit,
  testEnvironment,
  displayName: { name, color },
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/spec/unit/',
    '<rootDir>/spec/package/',
    ...(database === 'mongodb' ? [ON_ONE] : []),
  ],
  globals: { SPEC_DATABASE: database },
  moduleNameMapper: {
    '^@node-rs/bcrypt$': '<rootDir>/spec/support/quick-bcrypt.ts',
    '^@parse/push-adapter$': '<rootDir>/spec/support/no-push-adapter.ts',
  },
  setupFiles: ['<rootDir>/spec/support/environment.ts'],
  globalSetup: `<rootDir>/spec/support/${database}-setup.ts`,
  globalTeardown: `<rootDir>/spec/support/${database}-teardown.ts`,
});

const postgresql = process.env.SPEC_POSTGRESQL_URI ? 'PostgreSQL (SPEC_POSTGRESQL_URI)' : 'PostgreSQL';

/** The package as it is packed: once, before the specs. */
const packed = {
  ...unit,
  testEnvironment,
  displayName: { name: 'package', color: 'magenta' },
  testMatch: ['<rootDir>/spec/package/**/*.spec.ts'],
  setupFiles: ['<rootDir>/spec/support/environment.ts'],
  globalSetup: '<rootDir>/spec/package/support/setup.ts',
  globalTeardown: '<rootDir>/spec/package/support/teardown.ts',
};

/** Decided before the projects are listed: without a MongoDB there is no MongoDB project. */
async function mongodb() {
  if (process.env.SPEC_MONGODB_URI) return { label: 'MongoDB (SPEC_MONGODB_URI)' };
  const compiler = tsNode.register({ transpileOnly: true });
  try {
    const { findMongod } = require('./embedded/mongo.ts');
    await findMongod();
    return { label: 'MongoDB (mongodb-memory-server)' };
  } catch (error) {
    return { label: 'MongoDB', skipped: error.message };
  } finally {
    compiler.enabled(false);
  }
}

export default async () => {
  const mongo = await mongodb();
  return {
    rootDir: import.meta.dirname,
    maxWorkers: 2,
    // Each spec file loads Parse Server anew, and what the last one loaded is not all given back.
    workerIdleMemoryLimit: '1GB',
    // A server's start on a machine that is busy with another worker takes its time.
    testTimeout: 30_000,
    reporters: [
      'default',
      [
        '<rootDir>/spec/support/reporter.mjs',
        {
          labels: { postgresql, mongodb: mongo.label, unit: 'unit', package: 'package' },
          skipped: mongo.skipped ? { mongodb: mongo.skipped } : {},
        },
      ],
    ],
    projects: [
      onDatabase('postgresql', 'blue', 'postgresql'),
      ...(mongo.skipped ? [] : [onDatabase('mongodb', 'green', 'mongodb')]),
      { ...unit, testEnvironment },
      packed,
    ],
  };
};
