import { seen } from '../support/same-as-stock';
import { startServer, type SpecServer } from '../support/server';

/** Cloud code that reads and writes with the SDK, on behalf of its caller and as master. */
function cloud(Parse: any): void {
  Parse.Cloud.define('note', async ({ user }: any) => {
    const options = { sessionToken: user.getSessionToken() };
    const note = await new Parse.Object('Note').save({ title: 'a' }, options);
    await user.save({ nickname: 'N' }, options);
    await note.fetch({ useMasterKey: true });
    return { title: note.get('title'), nickname: user.get('nickname') };
  });
}

async function callNote(server: SpecServer) {
  const user = await server.signUp();
  return seen(await server.rest('POST', '/functions/note', { token: user.token, body: {} }));
}

it('a stock app that starts after an app with this package has stopped, in the same process, is a stock app', async () => {
  const answers: unknown[] = [];
  for (const mounted of [false, true, false]) {
    const server = await startServer({ guard: ['Note'] }, {}, { mounted, cloud });
    try {
      answers.push(await callNote(server));
    } finally {
      await server.stop();
    }
  }
  const fine = { status: 200, body: { result: { title: 'a', nickname: 'N' } } };
  expect(answers).toEqual([fine, fine, fine]);
});
