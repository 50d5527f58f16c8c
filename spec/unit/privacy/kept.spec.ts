import { keptAddress, keptAgent } from '../../../src/privacy/kept';

describe('an address', () => {
  it.each([
    ['192.0.2.77', '192.0.2.0'],
    ['203.0.113.0', '203.0.113.0'],
    ['::ffff:192.0.2.77', '192.0.2.0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
    ['2001:db8::1', '2001:db8::'],
    ['2001:db8:1::', '2001:db8:1::'],
    ['2001:0:0:1::9', '2001::'],
    ['::1', '::'],
    ['fe80::1%eth0', 'fe80::'],
  ])('%s is truncated to %s', (ip, network) => {
    expect(keptAddress(ip, { ip: 'truncated' })).toBe(network);
  });

  it.each(['192.0.2.0', '2001:db8:1::', '::'])('%s is truncated already', ip => {
    expect(keptAddress(ip, { ip: 'truncated' })).toBe(ip);
  });

  it('is kept whole by default, and not at all with none', () => {
    expect(keptAddress('192.0.2.77', { ip: 'full' })).toBe('192.0.2.77');
    expect(keptAddress('192.0.2.77', { ip: 'none' })).toBeNull();
  });

  it.each([null, undefined, '', 'unknown'])('%p has no network', ip => {
    expect(keptAddress(ip, { ip: 'truncated' })).toBeNull();
  });
});

describe('a user agent', () => {
  it('is kept, or not', () => {
    expect(keptAgent('Acme/1', { userAgent: true })).toBe('Acme/1');
    expect(keptAgent('Acme/1', { userAgent: false })).toBeNull();
    expect(keptAgent(null, { userAgent: true })).toBeNull();
  });
});
