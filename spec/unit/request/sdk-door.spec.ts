import { openSdkDoor } from '../../../src/request/sdk-door';

const enforcement = {} as never;

/** An SDK of the future, which keeps a controller of its own. */
function sdkThatKeeps(controller: object) {
  return {
    CoreManager: { getRESTController: () => controller, setRESTController: () => undefined },
  } as never;
}

describe('the door for cloud code', () => {
  it('is open or an error: an SDK whose controller cannot be wrapped stops the start', () => {
    expect(() => openSdkDoor(sdkThatKeeps({ request: () => undefined }), enforcement)).toThrow(
      'parse-server-sessions cannot guard cloud code: this version of the Parse SDK does not let its REST controller ' +
        'be wrapped.',
    );
  });

  it('refuses a call when its configuration is not what it was', async () => {
    let controller: any = { request: async () => 'unguarded' };
    const sdk = {
      CoreManager: {
        getRESTController: () => controller,
        setRESTController: (next: object) => (controller = next),
      },
      Server: { database: { options: {} } },
    };
    openSdkDoor(sdk as never, enforcement);
    await expect(controller.request('GET', 'classes/Note', {}, { sessionToken: 'r:x' })).rejects.toThrow(
      'the database controller does not hold its configuration any more',
    );
  });
});
