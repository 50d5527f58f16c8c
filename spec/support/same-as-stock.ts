import type { SessionsOptions } from '../../src';
import { startServer, type HarnessOptions, type SpecServer } from './server';

interface Setting {
  sessions?: SessionsOptions;
  parseServer?: Record<string, any>;
  harness?: Omit<HarnessOptions, 'mounted'>;
}

/** What happens to a server, and what comes of it: answers, rows, events. It makes all that it needs. */
export type Play = (server: SpecServer) => Promise<unknown>;

/** A name, what happens, and what stock Parse Server makes of it at least: so that no spec compares two nothings. */
export type Scenario = [title: string, play: Play, onStock: unknown];

interface Outcomes {
  stock: any;
  mounted: any;
}

/** Plays the same on a stock Parse Server, and then on one with this package: two cannot be up at once. */
export async function onStockAndMounted(play: Play, setting: Setting = {}): Promise<Outcomes> {
  return { stock: await playOn(false, play, setting), mounted: await playOn(true, play, setting) };
}

/** Plays on a server of its own. Stock comes first in a spec file: this package may leave something in the process. */
export async function playOn(mounted: boolean, play: Play, setting: Setting = {}): Promise<any> {
  const { sessions, parseServer, harness } = setting;
  // A copy: Parse Server writes into some of its options.
  const server = await startServer(sessions, { ...parseServer }, { ...harness, mounted });
  try {
    return await play(server);
  } finally {
    await server.stop();
  }
}

/** A spec for each scenario: that this package changes nothing of it. All of them share the two servers. */
export function sameAsStock(scenarios: Scenario[], setting: Setting = {}): void {
  let outcomes: Outcomes = { stock: {}, mounted: {} };
  beforeAll(async () => {
    const playAll: Play = async server => {
      const played: Record<string, unknown> = {};
      for (const [title, play] of scenarios) {
        played[title] = await play(server).then(normal, error => ({
          failed: String(error?.message ?? error),
        }));
      }
      return played;
    };
    outcomes = await onStockAndMounted(playAll, setting);
  }, 2 * MINUTE);

  it.each(scenarios)('%s', (title, _play, onStock) => {
    const { stock, mounted } = outcomes;
    expect(stock[title]).toMatchObject(onStock as object);
    expect(mounted[title]).toEqual(stock[title]);
  });
}

const MINUTE = 60_000;
const startedAt = Date.now();
const isOfThisRun = (time: number) => Math.abs(time - startedAt) < 60 * MINUTE;
const DATE = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;
const SHAPES: Array<[RegExp, string]> = [
  [/r:[0-9a-f]{32}/g, '<token>'],
  [/\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}/g, '<hash>'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uuid>'],
  [/\b[0-9a-f]{12}\b/g, '<hex>'],
  // Some words are as long as an id.
  [/\b(?!beforeSave\b)(?=[A-Za-z0-9]*[A-Z0-9])[A-Za-z0-9]{10}\b/g, '<id>'],
  [/127\.0\.0\.1:\d+/g, '<host>'],
];

/** The same without what no two servers have in common: ids, tokens, hashes, ports, and the times of this run. */
export function normal(value: any): any {
  if (value instanceof Date) return normal(value.toISOString());
  if (typeof value === 'string') {
    const timeless = value.replace(DATE, date => (isOfThisRun(Date.parse(date)) ? '<now>' : date));
    return SHAPES.reduce((text, [shape, name]) => text.replace(shape, name), timeless);
  }
  if (Array.isArray(value)) return value.map(normal);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [normal(key), normalPart(key, part)]));
}

/** An id of small letters alone looks like a word. It is told by where it stands. */
const idIn = (text: string): string => (/^[A-Za-z0-9]{10}$/.test(text) ? '<id>' : normal(text));

function normalPart(key: string, part: any): any {
  if (key === 'objectId' && typeof part === 'string') return idIn(part);
  if (key !== 'ACL' || part === null || typeof part !== 'object') return normal(part);
  return Object.fromEntries(Object.entries(part).map(([who, may]) => [idIn(who), normal(may)]));
}

/** The part of an answer that Parse Server's clients see. */
export const seen = ({ status, body }: { status: number; body: unknown }) => ({ status, body });
