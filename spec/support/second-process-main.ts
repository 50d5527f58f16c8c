// A server in a process of its own, see second-process.ts.
import './environment';
import type { SessionEvent } from '../../src';
import { FolderFiles } from './folder-files';
import type { ProcessScope, SecondProcessOptions } from './second-process';
import { startServer } from './server';

const options: SecondProcessOptions & { database: string } = JSON.parse(process.env.SECOND_PROCESS ?? '{}');
(globalThis as any).SPEC_DATABASE = options.database;

async function main(): Promise<void> {
  const filesAdapter = options.filesFolder && new FolderFiles(options.filesFolder);
  const server = await startServer(
    options.sessions,
    { ...options.parseServer, ...(filesAdapter && { filesAdapter }) },
    { mounted: options.mounted },
  );
  const { Parse } = globalThis as any;
  const scope: ProcessScope = { server, events: [], state: { filesAdapter }, Parse };
  for (const name of options.listen ?? []) {
    server.sessions.on(name as SessionEvent, payload => {
      scope.events.push({ name, payload: payload as never });
    });
  }

  process.on('message', async ({ id, source, argument, stop }: any) => {
    if (stop) {
      await server.stop({ keepData: true });
      process.exit(0);
    }
    try {
      const work = (0, eval)(`(${source})`) as (scope: ProcessScope, argument: unknown) => unknown;
      process.send!({ id, value: await work(scope, argument) });
    } catch (error) {
      const { code, message = String(error), stack } = (error ?? {}) as { code?: number } & Error;
      process.send!({ id, failure: { code, message, stack } });
    }
  });
  // The specs have ended without a word to this process.
  process.on('disconnect', () => process.exit(0));
  process.send!({ url: server.url });
}

main().catch(error => {
  process.send?.({ failure: String(error?.stack ?? error) });
  process.exitCode = 1;
});
