import { spawnSync } from 'node:child_process';
import path from 'node:path';

const script = path.join(__dirname, '../../scripts/build-docs.mjs');

it('docs/server-api.md tells what the docstrings say ("npm run docs" writes it)', () => {
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}, 120_000);
