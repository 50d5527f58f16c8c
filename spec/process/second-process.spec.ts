import { startSecondProcess } from '../support/second-process';

it('a spec fails that stops a server whose process has ended by itself, and says why it did', async () => {
  const other = await startSecondProcess({ mounted: false });
  await other.expectAlive();
  await other.run(() => void setImmediate(() => Promise.reject(new Error('nobody awaits me'))));
  await other.ended();
  await expect(other.expectAlive()).rejects.toThrow('nobody awaits me');
  await expect(other.stop()).rejects.toThrow('nobody awaits me');
});
