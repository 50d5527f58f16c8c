import type { ParseServer as WithOptions } from 'parse-server';

export * from 'parse-server';

type Options = Partial<Parameters<typeof WithOptions>[0]>;
type Server = ReturnType<typeof WithOptions>;

/** Parse Server as it is used from JavaScript: it has defaults for what its types make mandatory. */
export const ParseServer: {
  new (options: Options): Server;
  (options: Options): Server;
  startApp(options: Options): Promise<Server>;
  createLiveQueryServer(
    httpServer: import('node:http').Server,
  ): ReturnType<typeof WithOptions.createLiveQueryServer>;
};
