import { NewestBlocked } from '../../../src/events/newest-blocked';

describe('what was blocked last', () => {
  const request = (sessionId: string, target: string, second: number, operation = 'create') => ({
    sessionId,
    userId: 'u',
    operation,
    target,
    at: new Date(second * 1000),
  });
  const shown = (blocked: NewestBlocked) =>
    blocked.get().map(({ sessionId, target }) => `${sessionId} ${target}`);

  it('is each request once, at its last time, the newest first', () => {
    const blocked = new NewestBlocked();
    blocked.add(request('a', '_User', 1));
    blocked.add(request('b', '_User', 2));
    blocked.add(request('a', '_User', 3, 'update'));
    blocked.add(request('a', '_User', 4));
    expect(blocked.get()).toEqual([
      request('a', '_User', 4),
      request('a', '_User', 3, 'update'),
      request('b', '_User', 2),
    ]);
  });

  it('keeps what others have tried, however much one session is refused', () => {
    const blocked = new NewestBlocked();
    blocked.add(request('thief', '_User', 0));
    for (let i = 0; i < 200; i += 1) blocked.add(request('a', `C${i}`, i));
    expect(shown(blocked)).toEqual([...Array.from({ length: 10 }, (_, i) => `a C${199 - i}`), 'thief _User']);
  });

  it('is 50 at most', () => {
    const blocked = new NewestBlocked();
    for (let i = 0; i < 60; i += 1) blocked.add(request(`s${i}`, '_User', i));
    expect(shown(blocked)).toHaveLength(50);
    expect(shown(blocked)[0]).toBe('s59 _User');
  });
});
