import { CallerSessions } from '../../../src/sessions/callers';

const NOW = new Date('2031-03-01T12:00:00.000Z');
const iso = (milliseconds: number) => ({ __type: 'Date', iso: new Date(+NOW + milliseconds).toISOString() });

describe('the sessions of callers', () => {
  let rows: Record<string, object>;
  let queries: string[];

  const make = (ttl = 60_000) => {
    const database = {
      find: async (_className: string, { sessionToken }: { sessionToken: string }) => {
        queries.push(sessionToken);
        const row = rows[sessionToken];
        return row ? [{ objectId: `id-${sessionToken}`, sessionToken, ...row }] : [];
      },
    };
    return new CallerSessions(database as never, ttl, () => NOW);
  };

  beforeEach(() => {
    queries = [];
    rows = { 'r:a': {}, 'r:b': {} };
  });

  it('are looked up once, also by simultaneous requests', async () => {
    const callers = make();
    await Promise.all([callers.find('r:a'), callers.find('r:a'), callers.find('r:b')]);
    await callers.find('r:a');
    expect(queries).toEqual(['r:a', 'r:b']);
  });

  it('are looked up again after the period in which Parse Server trusts its own cache', async () => {
    const callers = make(20);
    await callers.find('r:a');
    await new Promise(resolve => setTimeout(resolve, 40));
    await callers.find('r:a');
    expect(queries).toEqual(['r:a', 'r:a']);
  });

  it('are forgotten at once, a look-up under way included', async () => {
    const callers = make();
    const underWay = callers.find('r:a');
    callers.forget('r:a');
    await underWay;
    await callers.find('r:a');
    expect(queries).toEqual(['r:a', 'r:a']);
  });

  it('are not remembered where there are none: anybody can make tokens up', async () => {
    const callers = make();
    expect(await callers.find('r:none')).toBeNull();
    expect(await callers.find('r:none')).toBeNull();
    expect(queries).toEqual(['r:none', 'r:none']);
  });

  it('are found by tokens of any length and kind', async () => {
    for (const token of ['r:'.padEnd(10_000, 'x'), 'x', 'r:']) {
      rows[token] = {};
      expect((await make().live(token)).sessionToken).toBe(token);
    }
  });

  it('are none for a token with a NUL where the database keeps none, and some where it does', async () => {
    rows['r:\0'] = {};
    expect((await make().live('r:\0')).sessionToken).toBe('r:\0');
    const find = async () => {
      throw new Error('invalid byte sequence for encoding "UTF8": 0x00');
    };
    const callers = new CallerSessions({ find }, 60_000, () => NOW);
    await expect(callers.live('r:\0')).rejects.toMatchObject({ code: 209 });
    await expect(callers.live('r:a')).rejects.toThrow('invalid byte sequence');
  });

  describe('live()', () => {
    it.each<[string, object]>([
      ['without an end', {}],
      ['before its end', { expiresAt: iso(1) }],
      ['before its end, which was chosen', { expiresAt: iso(1000), fixedExpiry: iso(1) }],
    ])('answers one %s', async (_what, row) => {
      rows['r:a'] = row;
      expect((await make().live('r:a')).objectId).toBe('id-r:a');
    });

    it.each<[string, object | undefined]>([
      ['that is not there', undefined],
      ['after its end', { expiresAt: iso(-1) }],
      [
        'after the end that was fixed, whatever has moved it on',
        { expiresAt: iso(1000), fixedExpiry: iso(-1) },
      ],
      [
        'after the end that was chosen, whatever has moved it on',
        { expiresAt: iso(1000), expiresBy: iso(-1) },
      ],
      ['that is invalidated', { expiresAt: iso(1000), invalidatedAt: iso(-1) }],
    ])('throws 209 for one %s', async (_what, row) => {
      if (row) rows['r:a'] = row;
      else delete rows['r:a'];
      await expect(make().live('r:a')).rejects.toMatchObject({ code: 209 });
    });

    it('looks again before it refuses: the end may have been moved on', async () => {
      const callers = make();
      rows['r:a'] = { expiresAt: iso(-1) };
      await callers.find('r:a');
      rows['r:a'] = { expiresAt: iso(1000) };
      expect((await callers.live('r:a')).objectId).toBe('id-r:a');
      expect(queries).toEqual(['r:a', 'r:a']);
    });

    it('throws 209 for a token of the time before, which has no session', async () => {
      await expect(make().live('legacy')).rejects.toMatchObject({ code: 209 });
    });
  });
});
