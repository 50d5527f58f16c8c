import { addressOf, networkOf } from '../../src/address';

const V6 = '2001:db8::1';

describe('an address, as a proxy or Node writes it', () => {
  it.each([
    ['an IPv4 address', '203.0.113.7', '203.0.113.7'],
    ['… with a port', '203.0.113.7:50001', '203.0.113.7'],
    ['… with the highest port', '203.0.113.7:65535', '203.0.113.7'],
    ['… in brackets', '[203.0.113.7]:443', '203.0.113.7'],
    ['… mapped into IPv6, by Node', '::ffff:203.0.113.7', '203.0.113.7'],
    ['… mapped, in capitals', '::FFFF:203.0.113.7', '203.0.113.7'],
    ['… mapped, in full', '0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['… mapped, in hexadecimal', '::ffff:cb00:7107', '203.0.113.7'],
    ['… mapped, in hexadecimal and in full', '0000:0000:0000:0000:0000:FFFF:CB00:7107', '203.0.113.7'],
    ['… mapped, with a port', '[::ffff:203.0.113.7]:50001', '203.0.113.7'],
    ['an IPv6 address', V6, V6],
    ['… in capitals', '2001:DB8::1', V6],
    ['… in full', '2001:0db8:0000:0000:0000:0000:0000:0001', V6],
    ['… half in full', '2001:db8:0:0::1', V6],
    ['… in brackets', '[2001:db8::1]', V6],
    ['… with a port', '[2001:db8::1]:443', V6],
    ['… with a port, in full and in capitals', '[2001:0DB8:0:0:0:0:0:1]:50001', V6],
    ['… that ends like an IPv4 address', '64:ff9b::203.0.113.7', '64:ff9b::cb00:7107'],
    ['… of this machine', '::1', '::1'],
    ['… of this link, with its zone', 'fe80::1%eth0', 'fe80::1'],
    ['… with a zone and a port', '[fe80::1%25en0]:8080', 'fe80::1'],
  ])('%s: %s', (_what, text, address) => {
    expect(addressOf(text)).toBe(address);
    // What is stored is compared again.
    expect(addressOf(address)).toBe(address);
  });

  it.each([
    ['nothing', ''],
    ['a word', 'unknown'],
    ['an obfuscated name', '_hidden'],
    ['a host', 'localhost'],
    ['a host with a port', 'example.com:443'],
    ['too large a number', '203.0.113.256'],
    ['too few numbers', '203.0.113'],
    ['numbers in octal', '0203.000.0113.07'],
    ['two ports', '203.0.113.7:1:2'],
    ['too long a port', '203.0.113.7:123456'],
    ['a port without a number', '203.0.113.7:'],
    ['two addresses', '203.0.113.7, 203.0.113.8'],
    ['a network', '203.0.113.0/24'],
    ['half a bracket', '[2001:db8::1'],
    ['markup', '<script>alert(1)</script>'],
    ['markup for a zone', `fe80::1%${'<b>'.repeat(40)}`],
    ['a long text', '1'.repeat(16_000)],
    ['a long text in brackets', `[${':'.repeat(16_000)}]:1`],
  ])('is none where the client sent %s', (_what, text) => {
    expect(addressOf(text)).toBeNull();
  });

  it('is none where there is none', () => {
    expect(addressOf(undefined)).toBeNull();
    expect(addressOf(null)).toBeNull();
  });
});

describe('the network of an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113'],
    ['203.0.113.255', '203.0.113'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['fe80::1', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['64:ff9b::cb00:7107', '64:ff9b:0:0'],
  ])('%s is in %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });

  it.each([
    ['203.0.113.7:50001', '203.0.113'],
    ['[2001:db8:1:2::1]:443', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002:0:0:0:1', '2001:db8:1:2'],
    ['::ffff:cb00:7107', '203.0.113'],
  ])('%s is in %s, however it is written', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });

  it('is unknown without an address', () => {
    expect(networkOf(null)).toBeNull();
    expect(networkOf('unknown')).toBeNull();
  });
});
