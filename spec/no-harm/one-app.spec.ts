import { parseSessions } from '../../src';

describe('configure() of one sessions object', () => {
  it('for a second application id is an error at once, which names both', () => {
    const sessions = parseSessions();
    sessions.configure({ appId: 'shop' });
    const configure = () => sessions.configure({ appId: 'warehouse' });
    expect(configure).toThrow(TypeError);
    expect(configure).toThrow(/shop.*warehouse/s);
  });

  it('leaves the first app as it was when the second is refused', () => {
    const sessions = parseSessions();
    sessions.configure({ appId: 'shop' });
    expect(() => sessions.configure({ appId: 'warehouse' })).toThrow();
    expect(() => sessions.configure({ appId: 'shop' })).not.toThrow();
    expect(() => sessions.configure({ appId: 'warehouse' })).toThrow(TypeError);
  });

  it('for the same application id twice is fine', () => {
    const sessions = parseSessions();
    const first = sessions.configure({ appId: 'shop', masterKey: 'm' });
    const second = sessions.configure({ appId: 'shop', masterKey: 'm' });
    expect(Object.keys(second)).toEqual(Object.keys(first));
  });

  it('another sessions object serves another app', () => {
    parseSessions().configure({ appId: 'shop' });
    expect(() => parseSessions().configure({ appId: 'warehouse' })).not.toThrow();
  });
});
