import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Marks } from '../../../src/activity/marks';
import { originOf } from '../../../src/gate/origin';

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

  it('are bounded by what they hold as well, and let go of the oldest', () => {
    const marks = new Marks(100);
    for (let second = 0; second < 60; second += 1) {
      marks.set(`r:${second}`.padEnd(512, 'x'), { ...at(second), userAgent: 'y'.repeat(512) });
    }
    expect(marks.size).toBe(33);
    expect(marks.isFull).toBe(false);
    marks.set('r:huge'.padEnd(1_000_000, 'x'), at(60));
    expect(marks.size).toBe(1);
    expect(marks.isFull).toBe(true);
    const taken = marks.take();
    expect(marks.isFull).toBe(false);
    marks.restore(taken);
    expect(marks.isFull).toBe(true);
  });

  it('keep where a session is used from when an access does not tell', () => {
    const marks = new Marks(10);
    const from = { ip: '192.0.2.1', userAgent: 'Phone/1.0' };
    marks.set('r:a', { ...at(1), ...from });
    marks.set('r:a', at(2));
    expect(marks.get('r:a')).toEqual({ ...at(2), ...from });
    const taken = marks.take();
    marks.set('r:a', at(3));
    marks.restore(taken);
    expect(marks.get('r:a')).toEqual({ ...at(3), ...from });
    marks.set('r:a', { ...at(4), ip: '192.0.2.2' });
    expect(marks.get('r:a')).toEqual({ ...at(4), ip: '192.0.2.2', otherIps: ['192.0.2.1'] });
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

  it('keep the other addresses of a session, a few of them, whichever comes last', () => {
    const marks = new Marks(10);
    const at = (second: number, ip?: string) => marks.set('r:a', { at: new Date(second * 1000), ip });
    at(1, '192.0.2.1');
    at(2, '192.0.2.1');
    expect(marks.get('r:a')!.otherIps).toBeUndefined();
    at(3, '192.0.2.66');
    at(4, '192.0.2.1');
    expect(marks.get('r:a')).toMatchObject({ ip: '192.0.2.1', otherIps: ['192.0.2.66'] });
    at(2.5, '192.0.2.67');
    expect(marks.get('r:a')).toMatchObject({ ip: '192.0.2.1', otherIps: ['192.0.2.66', '192.0.2.67'] });
    for (let i = 0; i < 100; i += 1) at(5 + i, `192.0.2.${100 + i}`);
    expect(marks.get('r:a')!.otherIps!.length).toBeLessThanOrEqual(8);
  });

  it('hold no more of long headers than they need', () => {
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    const HEADER = 16_000;
    const COUNT = 3_000;
    /** As Node reads it from the wire, and Express cuts the address of the client out of it. */
    const headerOf = (index: number) =>
      Buffer.from(`203.0.113.${100 + (index % 100)}, `.padEnd(HEADER, 'x')).toString();
    const marks = new Marks(2 * COUNT);
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < COUNT; index += 1) {
      const forwarded = headerOf(index);
      const request = { ip: forwarded.substring(0, 13), headers: { 'user-agent': headerOf(index) } };
      const origin = originOf(request, { ip: 'full', userAgent: true });
      marks.set(`r:${index}`, { at: new Date(), ...origin });
    }
    gc();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan((COUNT * HEADER) / 4);
    expect(marks.get('r:1')).toMatchObject({ ip: '203.0.113.101' });
    expect(marks.get('r:1')!.userAgent).toHaveLength(512);
  });
});
