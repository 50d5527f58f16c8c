import { Marks } from '../../../src/activity/marks';

const at = (second: number) => ({ at: new Date(second * 1000) });

describe('the last accesses in memory', () => {
  it('hold one mark per session, the latest, however often it was used', () => {
    const marks = new Marks(10);
    marks.set('a', at(1));
    marks.set('a', at(3));
    marks.set('a', at(2));
    marks.set('b', at(1));
    expect(marks.size).toBe(2);
    expect(marks.get('a')).toEqual(at(3));
  });

  it('are bounded: beyond the limit the one that was not used for longest goes', () => {
    const marks = new Marks(3);
    for (const [second, token] of ['a', 'b', 'c', 'a', 'd', 'e'].entries()) marks.set(token, at(second));
    expect([...marks.take().keys()]).toEqual(['a', 'd', 'e']);
  });

  it('start anew when they are taken out', () => {
    const marks = new Marks(3);
    marks.set('a', at(1));
    expect([...marks.take()]).toEqual([['a', at(1)]]);
    expect(marks.size).toBe(0);
    expect(marks.get('a')).toBeUndefined();
  });

  it('are put back behind no newer one', () => {
    const marks = new Marks(10);
    marks.set('a', at(1));
    marks.set('b', at(1));
    const taken = marks.take();
    marks.set('a', at(5));
    marks.set('c', at(5));
    marks.restore(taken);
    expect([...marks.take()]).toEqual([
      ['b', at(1)],
      ['a', at(5)],
      ['c', at(5)],
    ]);
  });

  it('stay bounded when they are put back, and the newest stay', () => {
    const marks = new Marks(2);
    marks.set('a', at(1));
    marks.set('b', at(2));
    const taken = marks.take();
    marks.set('c', at(3));
    marks.restore(taken);
    expect([...marks.take().keys()]).toEqual(['b', 'c']);
  });
});
