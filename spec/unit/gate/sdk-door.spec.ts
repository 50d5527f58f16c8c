import { openSdkDoor } from '../../../src/gate/sdk-door';

/** An SDK that keeps the controller it is given, or one of the future that does not. */
function sdkWith(controller: object, keeps = true) {
  let current = controller;
  const CoreManager = {
    getRESTController: () => current as any,
    setRESTController: (next: object) => void (current = keeps ? next : controller),
  };
  return { CoreManager };
}

describe('the door for cloud code', () => {
  it('is open or an error: an SDK whose controller cannot be wrapped stops the start', () => {
    const sdk = sdkWith({ request: async () => undefined }, false);
    expect(() => openSdkDoor(sdk as never)).toThrow(
      'parse-server-sessions cannot guard cloud code: this version of the Parse SDK does not let its REST controller ' +
        'be wrapped.',
    );
  });

  it('is wrapped once, however many apps of the process start', () => {
    const sdk = sdkWith({ request: async () => undefined });
    openSdkDoor(sdk as never);
    const wrapped = sdk.CoreManager.getRESTController();
    openSdkDoor(sdk as never);
    expect(sdk.CoreManager.getRESTController()).toBe(wrapped);
  });

  it('leaves a controller alone that sends calls over HTTP, and sends nothing to find that out', async () => {
    const sent: unknown[][] = [];
    // As the SDK's own reads what it is to send before it sends it.
    const request = (...args: unknown[]) => {
      const payload = { ...(args[2] as object) };
      sent.push(args);
      return Promise.resolve(payload);
    };
    const sdk = sdkWith({ request, ajax: 'kept' });
    openSdkDoor(sdk as never);
    const controller = sdk.CoreManager.getRESTController();
    expect(await controller.request('GET', 'classes/Note', { limit: 1 }, { sessionToken: 'r:x' })).toEqual({
      limit: 1,
    });
    expect(sent).toEqual([['GET', 'classes/Note', { limit: 1 }, { sessionToken: 'r:x' }, undefined]]);
    expect(controller.ajax).toBe('kept');
  });
});
