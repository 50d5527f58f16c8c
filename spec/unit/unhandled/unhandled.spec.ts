import { execFile } from 'node:child_process';
import path from 'node:path';

const ROOT = path.join(__dirname, '../../..');
const JEST = path.join(ROOT, 'node_modules/jest/bin/jest.js');

interface FileResult {
  name: string;
  status: string;
  message: string;
}

let results: FileResult[];
let exitCode: unknown;

/** Runs the fixtures as spec files, in the environment of the specs. */
beforeAll(async () => {
  const config = {
    rootDir: ROOT,
    testEnvironment: '<rootDir>/spec/support/failing-on-unhandled.ts',
    testMatch: ['<rootDir>/spec/unit/unhandled/fixtures/*.fixture.ts'],
    transform: { '\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/spec/tsconfig.json', transpilation: true }] },
    modulePathIgnorePatterns: ['<rootDir>/dist/'],
  };
  const args = ['--experimental-vm-modules', JEST, '--config', JSON.stringify(config), '--json', '-i'];
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { cwd: ROOT }, (error, stdout, stderr) => {
      exitCode = error?.code;
      if (stdout) resolve(stdout);
      else reject(new Error(`jest answered nothing (${error?.code ?? error?.signal}): ${stderr}`));
    });
  });
  results = JSON.parse(output).testResults;
});

const resultOf = (fixture: string) =>
  results.find(({ name }) => path.basename(name) === `${fixture}.fixture.ts`)!;

it.each([
  ['a server leaves a rejected promise unawaited', 'during-a-test', 'nobody awaits me'],
  ['a server throws outside of a request', 'thrown', 'nobody catches me'],
  ['a promise is rejected after the last spec', 'after-the-last-test', 'nobody awaits me'],
  ['a promise is rejected while jest cleans up', 'in-the-end', 'nobody awaits me'],
])('a spec file fails when %s', (_title, fixture, error) => {
  const { status, message } = resultOf(fixture);
  expect(status).toBe('failed');
  expect(message).toContain(error);
});

it('the message names the file', () => {
  for (const name of ['during-a-test', 'after-the-last-test', 'in-the-end']) {
    expect(resultOf(name).message).toContain(`fixtures/${name}.fixture.ts: nobody has handled`);
  }
});

it('a spec file passes when nothing of the kind happens', () => {
  expect(resultOf('nothing')).toMatchObject({ status: 'passed', message: '' });
  expect(exitCode).toBe(1);
});
