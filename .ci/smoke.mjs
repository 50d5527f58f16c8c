// What a newcomer does first, and what no spec shows: start, open, paste, demo, stop; and the package from its tarball.
// Prints a line for each, and exits with 1 at the first that is not as the README says.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { URL } from 'node:url';

const root = path.join(import.meta.dirname, '..');
const READY = 60_000;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function check(what, isSo, seen) {
  if (!isSo) throw new Error(`${what}: not so.\n${seen}`);
  console.log(`smoke: ${what}`);
}

async function startServer(port) {
  const child = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, PORT: String(port) },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk));
  const end = Date.now() + READY;
  while (!output.includes('The whole story')) {
    if (Date.now() > end || child.exitCode !== null) throw new Error(`npm start is not ready:\n${output}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  return { child, output: () => output };
}

async function checkPage(url) {
  const page = await fetch(url);
  const [html, policy] = [await page.text(), page.headers.get('Content-Security-Policy') ?? ''];
  const scripts = [...html.matchAll(/<script src="([^"]+)"/g)].map(([, address]) => new URL(address, url));
  const answers = await Promise.all(scripts.map(address => fetch(address)));
  check(
    `${new URL(url).pathname} answers a page with its policy and its scripts`,
    page.ok && /default-src 'none'/.test(policy) && answers.length > 0 && answers.every(({ ok }) => ok),
    `${page.status} ${policy}\n${html}`,
  );
}

async function startPasteAndStop() {
  const port = await freePort();
  const { child, output } = await startServer(port);
  try {
    check('npm start says which database it is, and why', /^Database: .*since /m.test(output()), output());
    check('it says first which address to open', /ready\.\s+Open http:\S+ /.test(output()), output());
    await checkPage(`http://127.0.0.1:${port}/`);
    await checkPage(`http://127.0.0.1:${port}/sessions/`);
    await checkPage(`http://127.0.0.1:${port}/sessions-admin/`);
    const lines = output().match(/^ {2}curl .*$/gm) ?? [];
    const answers = lines.map(line => execFileSync('bash', ['-c', line], { encoding: 'utf8' }));
    check('it prints three curl lines', lines.length === 3, lines.join('\n'));
    check('the first signs up', /"sessionToken":"r:/.test(answers[0]), answers[0]);
    check('the second makes a restricted session', answers[1].includes('"restricted":true'), answers[1]);
    check('the third is refused with 119', answers[2].includes('"code":119'), answers[2]);
    const demo = spawnSync('npm', ['run', '-s', 'demo'], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, SERVER_URL: `http://127.0.0.1:${port}/parse` },
    });
    check('npm run demo exits with 0', demo.status === 0, demo.stdout + demo.stderr);
    const taken = spawnSync('npm', ['start'], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PORT: String(port) },
    });
    check(
      'a taken port is told, with exit code 1',
      taken.status === 1 && /taken/.test(taken.stderr),
      taken.stderr,
    );
  } finally {
    process.kill(-child.pid, 'SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  // npm may be gone before the server is: it closes the port last of all.
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/parse/health`).catch(() => undefined);
    if (!answer) break;
    if (tries > 200) throw new Error('SIGTERM does not stop the server.');
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  check('SIGTERM stops it', true);
}

function demoCanFail() {
  const stock = spawnSync('npm', ['run', '-s', 'demo:stock'], { cwd: root, encoding: 'utf8' });
  const failed = (stock.stdout.match(/^✗/gm) ?? []).length;
  check('against stock Parse Server the demo exits with 1', stock.status === 1 && failed >= 8, stock.stdout);
}

function packAndRequire() {
  const home = mkdtempSync(path.join(tmpdir(), 'parse-server-sessions-smoke-'));
  try {
    const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', home], {
      cwd: root,
      encoding: 'utf8',
    });
    const app = path.join(home, 'app');
    const manifest = { name: 'app', private: true, overrides: { router: '2.2.0' } };
    mkdirSync(app);
    writeFileSync(path.join(app, 'package.json'), JSON.stringify(manifest));
    const tarball = path.join(home, packed.trim().split('\n').at(-1));
    const install = ['install', '--silent', '--no-audit', '--no-fund', tarball, 'parse-server@9', 'parse@8'];
    execFileSync('npm', install, { cwd: app, encoding: 'utf8' });
    const run = (...args) => execFileSync(process.execPath, args, { cwd: app, encoding: 'utf8' });
    const use = "const s = parseSessions({ guard: ['Invoice'] }); console.log(typeof s.configure({}).cloud)";
    const required = run('-e', `const { parseSessions } = require('parse-server-sessions'); ${use}`);
    check('require() of the tarball works', required.includes('function'), required);
    const imported = run(
      '--input-type=module',
      '-e',
      `import { parseSessions } from 'parse-server-sessions'; ${use}`,
    );
    check('import of the tarball works', imported.includes('function'), imported);
    const pages = 'const s = parseSessions(); console.log(typeof s.devicesPage(), typeof s.adminPage())';
    const served = run('-e', `const { parseSessions } = require('parse-server-sessions'); ${pages}`);
    check('its pages are in the tarball', served === 'function function\n', served);
    const client = 'c => console.log(typeof c.installSessionHandler)';
    const both =
      run('-e', `(${client})(require('parse-server-sessions/client'))`) +
      run('--input-type=module', '-e', `(${client})(await import('parse-server-sessions/client'))`);
    check('so do those of the client', both === 'function\nfunction\n', both);
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', tarball, 'parse@8'], {
      cwd: makeFolder(path.join(home, 'front-end')),
    });
    const listed = spawnSync('npm', ['ls', 'parse-server'], {
      cwd: path.join(home, 'front-end'),
      encoding: 'utf8',
    });
    check(
      'a front end that installs it gets no Parse Server',
      /\(empty\)/.test(listed.stdout),
      listed.stdout,
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function makeFolder(folder) {
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "front-end", "private": true }');
  return folder;
}

await startPasteAndStop();
demoCanFail();
packAndRequire();
