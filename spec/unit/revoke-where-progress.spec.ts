import { progressOf } from '../../src/revoke-where/progress';

describe('the progress of revokeWhere()', () => {
  const linesOf = async (total: number, batch: number) => {
    const lines: string[] = [];
    const tell = progressOf(total, line => lines.push(line));
    for (let revoked = batch; revoked <= total; revoked += batch) await tell(revoked);
    return lines;
  };

  it('is told of each batch where they are few', async () => {
    expect(await linesOf(3000, 1000)).toEqual([1000, 2000, 3000].map(n => `revoked ${n} of 3000 sessions`));
  });

  it('is told a hundred times at most where they are many', async () => {
    const lines = await linesOf(1_000_000, 1000);
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.length).toBeLessThanOrEqual(100);
  });

  it('never tells of more sessions than there are', async () => {
    const lines: string[] = [];
    await progressOf(5, line => lines.push(line))(7);
    expect(lines).toEqual(['revoked 7 of 7 sessions']);
  });
});
