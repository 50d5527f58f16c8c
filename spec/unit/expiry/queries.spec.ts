import { unexpired } from '../../../src/expiry/queries';
import { finds } from '../../support/finds';

describe('the query of unexpired sessions', () => {
  const now = new Date('2031-03-01T12:00:00.000Z');

  it.each<[unknown, boolean]>([
    ['2031-03-01T11:59:59.999Z', false],
    ['2000-01-01T00:00:00.000Z', false],
    ['2031-03-01T12:00:00.000Z', true],
    ['2031-03-01T12:00:00.001Z', true],
    [null, true],
    [undefined, true],
  ])('with the end %s: finds it: %s', (expiresAt, expected) => {
    expect(finds(unexpired(now), { expiresAt })).toBe(expected);
  });
});
