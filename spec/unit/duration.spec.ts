import { duration } from '../../src/duration';

const read = (value: unknown) => duration.safeParse(value);

describe('a duration', () => {
  it.each<[unknown, number]>([
    [1, 1000],
    [0.5, 500],
    [90, 90_000],
    ['250ms', 250],
    ['30s', 30_000],
    ['30m', 1_800_000],
    ['1.5h', 5_400_000],
    ['30 days', 2_592_000_000],
    ['90d', 7_776_000_000],
    ['1y', 31_557_600_000],
    ['100y', 3_155_760_000_000],
    [315_576_000, 315_576_000_000],
  ])(
    '%j is %d milliseconds: a number is seconds, a text is as the package ms reads it',
    (value, expected) => {
      expect(read(value)).toMatchObject({ success: true, data: expected });
    },
  );

  it.each([
    0,
    -1,
    NaN,
    Infinity,
    Number.MAX_VALUE,
    '0',
    '90',
    '1.5',
    ' 90 ',
    '0s',
    '-1d',
    ' ',
    'soon',
    '30 minutes please',
    315_576_001,
    2_592_000_000,
    '1e3',
    '101y',
    '9'.repeat(200),
    null,
    undefined,
    true,
    [],
    ['30m'],
    {},
    new Date(),
    60n,
  ])('%p is none', value => {
    expect(read(value).success).toBe(false);
  });

  it('an empty text is none', () => {
    expect(read('').success).toBe(false);
  });
});
