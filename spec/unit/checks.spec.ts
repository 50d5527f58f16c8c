import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokenRouter } from '../../src/checks/router';
import { watchForStart } from '../../src/checks/unused-answer';

describe('the router that Parse Server gets', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'router-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function install(path: string, name: string, version: string): void {
    const target = join(folder, path, 'node_modules', name);
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, 'package.json'), JSON.stringify({ name, version, main: 'index.js' }));
    writeFileSync(join(target, 'index.js'), '');
  }

  it.each(['2.3.0', '2.3.1', '2.10.0'])(
    '%s is one line, which names what each package manager takes',
    version => {
      install('.', 'parse-server', '9.10.0');
      install('.', 'router', version);
      const [line, ...more] = brokenRouter([folder]);
      expect(more).toEqual([]);
      for (const word of [
        `router ${version}`,
        '2.2.0',
        '"overrides"',
        'pnpm-workspace.yaml',
        '"resolutions"',
      ])
        expect(line).toContain(word);
    },
  );

  it.each(['2.2.0', '2.0.0', '1.9.9', '3.0.0', 'latest'])('%s is none', version => {
    install('.', 'parse-server', '9.10.0');
    install('.', 'router', version);
    expect(brokenRouter([folder])).toEqual([]);
  });

  it('is the one beside Parse Server, not the one of the app', () => {
    install('.', 'parse-server', '9.10.0');
    install('.', 'router', '2.3.0');
    install('node_modules/parse-server', 'router', '2.2.0');
    expect(brokenRouter([folder])).toEqual([]);
  });

  it('is none where it is not found, and none in this package', () => {
    expect(brokenRouter([folder])).toEqual([]);
    install('.', 'parse-server', '9.10.0');
    expect(brokenRouter([folder])).toEqual([]);
    expect(brokenRouter([__dirname])).toEqual([]);
  });
});

describe('the look for a server that starts without the answer of configure()', () => {
  const global = globalThis as any;
  const former = global.Parse;
  const lines: string[] = [];
  let servers: Record<string, any>;
  let stop: (() => void) | undefined;

  const makeServer = (state: string, fields: object = {}) => ({
    state,
    loggerController: { error: (line: string) => lines.push(line) },
    ...fields,
  });

  beforeEach(() => {
    jest.useFakeTimers();
    lines.length = 0;
    servers = {};
    global.Parse = {
      applicationId: 'the last one',
      get Server() {
        return { ...servers[this.applicationId] };
      },
    };
  });

  afterEach(() => {
    stop?.();
    jest.useRealTimers();
    global.Parse = former;
  });

  const watch = (isMounted = false) => (stop = watchForStart('shop', () => isMounted));

  it('speaks once, of a server that has started', () => {
    watch();
    servers.shop = makeServer('ok');
    jest.advanceTimersByTime(60_000);
    expect(lines).toEqual([expect.stringMatching(/NOTHING IS GUARDED.*"shop"/)]);
    expect(jest.getTimerCount()).toBe(0);
    expect(global.Parse.applicationId).toBe('the last one');
  });

  it('waits for one that is slow, for however long', () => {
    watch();
    jest.advanceTimersByTime(60_000);
    servers.shop = makeServer('initialized');
    jest.advanceTimersByTime(60_000);
    servers.shop.state = 'starting';
    jest.advanceTimersByTime(60_000);
    expect(lines).toEqual([]);
    servers.shop.state = 'ok';
    jest.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(1);
  });

  it.each<[string, () => void]>([
    ['that is mounted', () => (watch(true), (servers.shop = makeServer('ok')))],
    ['of another app', () => (watch(), (servers.other = makeServer('ok')))],
    ['that was there before', () => ((servers.shop = makeServer('ok')), watch())],
    ['whose start has failed', () => (watch(), (servers.shop = makeServer('error')))],
    ['after shutdown()', () => (watch()(), (servers.shop = makeServer('ok')))],
    [
      'without an application id',
      () => ((stop = watchForStart(undefined, () => false)), (servers.shop = makeServer('ok'))),
    ],
    ['where there is no Parse Server', () => (watch(), (global.Parse = {}))],
    ['where there is no Parse', () => (watch(), (global.Parse = undefined))],
  ])('says nothing of a server %s', (_what, act) => {
    act();
    jest.advanceTimersByTime(600_000);
    expect(lines).toEqual([]);
  });

  it('keeps no process alive', () => {
    jest.useRealTimers();
    const { setInterval } = global;
    let timer: NodeJS.Timeout | undefined;
    global.setInterval = (...args: unknown[]) => (timer = setInterval(...args));
    watch();
    global.setInterval = setInterval;
    expect(timer?.hasRef()).toBe(false);
  });
});
