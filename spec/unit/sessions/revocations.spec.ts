import { Revocations } from '../../../src/sessions/revocations';

const revocations = () => new Revocations({ revoke: async () => undefined });
const tokens = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `r:${from + i}`);

describe('revoked tokens', () => {
  it('are remembered one by one, and no other is suspect', async () => {
    const some = revocations();
    await some.mark(tokens(100_000));
    expect(some.isRevoked('r:0')).toBe(true);
    expect(some.isRevoked('r:100000')).toBe(false);
    expect(some.isAnyoneSuspect).toBe(false);
  });

  it('that are more than are remembered have each one looked up anew', async () => {
    const many = revocations();
    await many.mark(tokens(100_000));
    await many.mark(tokens(1, 100_000));
    expect(many.isRevoked('r:100000')).toBe(true);
    expect(many.isRevoked('r:0')).toBe(false);
    expect(many.isAnyoneSuspect).toBe(true);
  });
});
