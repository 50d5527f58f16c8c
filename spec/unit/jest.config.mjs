import path from 'node:path';

/** The unit specs: no server, no database. */
export default {
  rootDir: path.join(import.meta.dirname, '../..'),
  displayName: { name: 'unit', color: 'yellow' },
  testEnvironment: 'node',
  testMatch: ['<rootDir>/spec/unit/**/*.spec.ts'],
  transform: { '\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/spec/tsconfig.json', transpilation: true }] },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cache/stryker/'],
};
