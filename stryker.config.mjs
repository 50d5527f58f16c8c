/** Changes the pure rules in many small ways: each change has to make a unit spec fail. */
export default {
  // The columns are data, and decide nothing.
  mutate: ['src/policy/*.ts', '!src/policy/columns.ts', 'src/expiry/{lifetime,policy,queries}.ts'],
  testRunner: 'jest',
  jest: {
    configFile: 'spec/unit/jest.config.mjs',
    config: { testMatch: ['<rootDir>/spec/unit/{policy,expiry}/*.spec.ts'] },
  },
  plugins: ['@stryker-mutator/jest-runner'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  tempDirName: '.cache/stryker',
  // A machine that is busy is no mutant that hangs.
  timeoutMS: 15_000,
  reporters: ['progress', 'clear-text', 'json'],
  jsonReporter: { fileName: '.cache/mutation.json' },
  thresholds: { high: 95, low: 90, break: 90 },
};
