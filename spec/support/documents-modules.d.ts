/** Packages of others that `docs/` shows beside this one, as far as it uses them. They are not installed here. */
declare module 'cookie-parser' {
  export default function cookieParser(): import('express').RequestHandler;
}

declare module 'prom-client' {
  interface Configuration<Self> {
    name: string;
    help: string;
    labelNames?: string[];
    collect?(this: Self): void;
  }
  export class Counter {
    constructor(configuration: Configuration<Counter>);
    reset(): void;
    inc(labels: Record<string, string>, value: number): void;
  }
  export class Gauge {
    constructor(configuration: Configuration<Gauge>);
    set(value: number): void;
  }
  export const register: { contentType: string; metrics(): Promise<string> };
}
