import { setImmediate } from 'node:timers/promises';
import { Places, type Locate } from '../../../src/places/places';

const IP = '192.0.2.7';
let logged: string[];

beforeEach(() => {
  logged = [];
  jest.useFakeTimers({ doNotFake: ['performance', 'setImmediate', 'nextTick', 'queueMicrotask'] });
  // The clock of the cache.
  jest.spyOn(performance, 'now').mockImplementation(() => Date.now());
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

const placesBy = (locate?: Locate) =>
  new Places(locate, () => ({ error: text => void logged.push(String(text)) }));

/** A look-up that answers when it is told to. */
function slowly() {
  const asked: string[] = [];
  const answers: Array<(place: string) => void> = [];
  const locate = (ip: string) => {
    asked.push(ip);
    return new Promise<string>(resolve => void answers.push(resolve));
  };
  return { asked, locate, answer: (place: string) => answers.shift()!(place) };
}

it('there is no place without a look-up, and none of no address', async () => {
  expect(placesBy().known(IP)).toBeNull();
  expect(await placesBy().find(IP)).toBeNull();
  const locate = jest.fn(() => 'Lagos');
  expect([placesBy(locate).known(null), await placesBy(locate).find(undefined)]).toEqual([null, null]);
  expect(locate).not.toHaveBeenCalled();
});

it('a place that is there at once is known at once, and asked for once', async () => {
  const locate = jest.fn(() => 'Lagos');
  const places = placesBy(locate);
  expect(places.known(IP)).toBe('Lagos');
  expect(places.known(IP)).toBe('Lagos');
  expect(await places.find(IP)).toBe('Lagos');
  expect(locate.mock.calls).toEqual([[IP]]);
});

it('a place that takes its time is known when it is there; whoever waits gets it', async () => {
  const { asked, locate, answer } = slowly();
  const places = placesBy(locate);
  expect(places.known(IP)).toBeNull();
  const waiting = places.find(IP);
  answer('Lagos');
  expect(await waiting).toBe('Lagos');
  expect(places.known(IP)).toBe('Lagos');
  expect(asked).toEqual([IP]);
});

it('a place is forgotten after a day', () => {
  const locate = jest.fn(() => 'Lagos');
  const places = placesBy(locate);
  places.known(IP);
  jest.advanceTimersByTime(23 * 60 * 60_000);
  places.known(IP);
  expect(locate).toHaveBeenCalledTimes(1);
  jest.advanceTimersByTime(2 * 60 * 60_000);
  places.known(IP);
  expect(locate).toHaveBeenCalledTimes(2);
});

it('an IPv6 network is looked up once, by its first address; each IPv4 address by itself', async () => {
  const { asked, locate, answer } = slowly();
  const places = placesBy(locate);
  const inOne = ['2001:db8:1:2::7', '2001:db8:1:2:ffff::', '2001:DB8:1:2:0:0:0:8'];
  const waiting = inOne.map(ip => places.find(ip));
  expect(asked).toEqual(['2001:db8:1:2::7']);
  answer('Lagos');
  expect(await Promise.all(waiting)).toEqual(['Lagos', 'Lagos', 'Lagos']);
  expect(places.known('2001:db8:1:2::9')).toBe('Lagos');
  expect(asked).toHaveLength(1);
  for (const ip of ['2001:db8:1:3::7', '192.0.2.7', '192.0.2.8', '::ffff:192.0.2.8', '::ffff:192.0.2.9'])
    expect(places.known(ip)).toBeNull();
  expect(asked.slice(1)).toEqual(['2001:db8:1:3::7', '192.0.2.7', '192.0.2.8', '::ffff:192.0.2.9']);
});

it('no more than 300 look-ups start in a minute, which is told once; later ones go on', async () => {
  const locate = jest.fn((ip: string) => `the place of ${ip}`);
  const places = placesBy(locate);
  const ipOf = (i: number) => `2001:db8:0:${i.toString(16)}::1`;
  for (let i = 0; i < 1000; i += 1) places.known(ipOf(i));
  expect(locate).toHaveBeenCalledTimes(300);
  expect(places.known(ipOf(0))).toBe(`the place of ${ipOf(0)}`);
  expect(await places.find(ipOf(999))).toBeNull();
  expect(logged).toEqual([expect.stringContaining('the option locate is asked for 300 addresses a minute')]);
  jest.advanceTimersByTime(59_000);
  expect(places.known(ipOf(999))).toBeNull();
  jest.advanceTimersByTime(1000);
  for (let i = 500; i < 1000; i += 1) places.known(ipOf(i));
  expect(locate).toHaveBeenCalledTimes(600);
  expect(places.known(ipOf(500))).toBe(`the place of ${ipOf(500)}`);
  expect(logged).toHaveLength(1);
});

it('no more look-ups are under way than 100, and no more places known than 10,000', async () => {
  const { asked, locate, answer } = slowly();
  const places = placesBy(locate);
  for (let i = 0; i < 500; i += 1) expect(places.known(`address ${i}`)).toBeNull();
  expect(asked).toHaveLength(100);
  answer('Lagos');
  await setImmediate();
  places.known('address 499');
  expect(asked).toHaveLength(101);

  const many = jest.fn((ip: string) => ip);
  const bounded = placesBy(many);
  for (let i = 0; i <= 10_000; i += 1) {
    // No more of them start in a minute.
    if (i % 300 === 0) jest.advanceTimersByTime(60_000);
    bounded.known(`${i}`);
  }
  bounded.known('10000');
  expect(many).toHaveBeenCalledTimes(10_001);
  bounded.known('0');
  expect(many).toHaveBeenCalledTimes(10_002);
});

describe.each<[string, Locate]>([
  [
    'throws',
    () => {
      throw new Error('no such file');
    },
  ],
  ['rejects', () => Promise.reject(new Error('no such file'))],
  ['rejects with nothing', () => Promise.reject(undefined)],
  ['answers no text', () => ({ city: 'Lagos' }) as never],
  ['answers no text later', () => Promise.resolve(7 as never)],
])('a look-up that %s', (_what, locate) => {
  it('is no place, is logged once, and is tried again after a minute', async () => {
    const asked = jest.fn(locate);
    const places = placesBy(asked);
    expect(places.known(IP)).toBeNull();
    expect(await places.find(IP)).toBeNull();
    expect(await places.find('192.0.2.8')).toBeNull();
    expect(asked).toHaveBeenCalledTimes(2);
    expect(logged).toEqual([expect.stringContaining('the option locate has failed')]);
    jest.advanceTimersByTime(61_000);
    expect(await places.find(IP)).toBeNull();
    expect(asked).toHaveBeenCalledTimes(3);
    expect(logged).toHaveLength(1);
  });
});

it('a look-up that does not answer has failed after 5 seconds; what it answers later is ignored', async () => {
  const { asked, locate, answer } = slowly();
  const places = placesBy(locate);
  const waiting = places.find(IP);
  await setImmediate();
  jest.advanceTimersByTime(5001);
  expect(await waiting).toBeNull();
  expect(logged).toEqual([expect.stringContaining('no answer within 5 seconds')]);
  answer('Lagos');
  await setImmediate();
  expect(places.known(IP)).toBeNull();
  expect(asked).toHaveLength(1);
});

it.each<[string, unknown, string | null]>([
  ['null', null, null],
  ['nothing', undefined, null],
  ['an empty text', '', null],
  ['a long text', 'x'.repeat(500), 'x'.repeat(128)],
])('%s', async (_what, answer, place) => {
  expect(await placesBy(() => answer as string).find(IP)).toBe(place);
  expect(logged).toEqual([]);
});
