import { byLastAccess, toView } from '../../../src/functions/view';
import { toSessionRecord } from '../../../src/record';

describe('a session view', () => {
  const NOW = new Date('2026-07-01T12:00:00.000Z');
  const PLACES = { known: (ip: string | null | undefined) => (ip ? `the place of ${ip}` : null) };
  const record = (more: object = {}) =>
    toSessionRecord({
      objectId: 'abc',
      sessionToken: 'r:secret',
      user: { __type: 'Pointer', className: '_User', objectId: 'ada' },
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-02T00:00:00.000Z',
      ...more,
    });

  it('never holds the token, whatever the row holds', () => {
    const view = toView(record({ _hashed: 'x', secret: 'y' }), 'abc', NOW, PLACES);
    expect(JSON.stringify(view)).not.toContain('r:secret');
    expect(Object.keys(view)).not.toContain('sessionToken');
    expect(Object.keys(view)).toEqual(Object.keys(toView(record(), null, NOW, PLACES)));
  });

  it.each([
    ['abc', true],
    ['other', false],
    [null, false],
  ])('is current when %p asks: %p', (id, current) => {
    expect(toView(record(), id, NOW, PLACES).current).toBe(current);
  });

  it('has dates in ISO 8601, however the database answers them', () => {
    const date = new Date('2026-03-04T05:06:07.089Z');
    const iso = date.toISOString();
    for (const shape of [date, iso, { __type: 'Date', iso }]) {
      const row = { createdAt: shape, expiresAt: shape, lastAccessedAt: shape, authenticatedAt: shape };
      expect(toView(record(row), null, NOW, PLACES)).toMatchObject({
        createdAt: iso,
        expiresAt: iso,
        lastAccessedAt: iso,
        authenticatedAt: iso,
      });
    }
  });

  it.each([
    ['over', '2026-07-01T11:59:59.999Z', false],
    ['now', '2026-07-01T12:00:00.000Z', true],
    ['ahead', '2026-07-01T12:00:00.001Z', true],
  ])('is active until its end: %s', (_what, iso, active) => {
    expect(toView(record({ expiresAt: { __type: 'Date', iso } }), null, NOW, PLACES).active).toBe(active);
  });
});

describe('the order by last access', () => {
  const at = (lastAccessedAt: string | null, updatedAt: string) =>
    toSessionRecord({ objectId: `${lastAccessedAt}/${updatedAt}`, lastAccessedAt, updatedAt });

  it('has the latest first, the last update standing in for an unknown access', () => {
    const sessions = [
      at('2026-01-02', '2026-01-09'),
      at('2026-01-05', '2026-01-01'),
      at(null, '2026-01-04'),
      at(null, '2026-01-01'),
      at('2026-01-03', '2026-01-08'),
    ];
    expect(sessions.sort(byLastAccess).map(({ objectId }) => objectId)).toEqual([
      '2026-01-05/2026-01-01',
      'null/2026-01-04',
      '2026-01-03/2026-01-08',
      '2026-01-02/2026-01-09',
      'null/2026-01-01',
    ]);
  });
});
