/* global FormData, document, location, sessionStorage */
import Parse from 'parse';
import { installSessionHandler, sessionsClient } from 'parse-server-sessions/client';

Parse.initialize('specs');
Parse.serverURL = `${location.origin}/parse`;
const sessions = sessionsClient(Parse);

/** What the spec reads: how often this tab has loaded the page, called back and shown the log-in form by itself. */
const count = name => sessionStorage.setItem(name, Number(sessionStorage.getItem(name) ?? 0) + 1);
count('loads');

const main = document.querySelector('main');

function element(tag, properties = {}, ...children) {
  const created = Object.assign(document.createElement(tag), properties);
  created.append(...children);
  return created;
}

function showLogIn(message) {
  count('forms');
  const form = element(
    'form',
    { id: 'log-in' },
    element('h1', {}, 'Log in'),
    element('p', { className: 'notice' }, message),
    element(
      'label',
      {},
      'Name',
      element('input', { name: 'username', autocomplete: 'username', required: true }),
    ),
    element(
      'label',
      {},
      'Password',
      element('input', {
        name: 'password',
        type: 'password',
        autocomplete: 'current-password',
        required: true,
      }),
    ),
    element('button', {}, 'Log in'),
  );
  form.addEventListener('submit', async event => {
    event.preventDefault();
    const { username, password } = Object.fromEntries(new FormData(form));
    try {
      await Parse.User.logIn(username, password);
      await showDevices();
    } catch (error) {
      form.querySelector('.notice').textContent = error.message;
    }
  });
  main.replaceChildren(form);
}

async function showDevices() {
  const status = element('p', { className: 'notice', role: 'status' });
  const list = element('ul');
  const refresh = element('button', { id: 'refresh' }, 'Refresh');
  const rotate = element('button', { id: 'rotate' }, 'New token');
  const leave = element('button', { id: 'leave' }, 'Log out everywhere');
  const user = Parse.User.current().getUsername();
  main.replaceChildren(
    element('h1', {}, 'Your devices'),
    element('p', {}, `Logged in as ${user}.`),
    list,
    refresh,
    rotate,
    leave,
    status,
  );

  async function load() {
    status.textContent = 'Loading.';
    // Several requests at once, as a page has them: with a dead session they fail together.
    const [devices, ...others] = await Promise.allSettled([
      sessions.list(),
      sessions.count(),
      new Parse.Query('Note').find(),
      new Parse.Query('Note').count(),
      Parse.Config.get(),
    ]);
    const failed = [devices, ...others].filter(result => result.status === 'rejected');
    status.textContent = failed.length
      ? `${failed.length} requests failed: ${failed[0].reason.message}`
      : 'Up to date.';
    if (devices.status === 'rejected') return;
    list.replaceChildren(
      ...devices.value.map(({ objectId, current, createdAt, device }) => {
        const name = [device.browser, device.os].filter(Boolean).join(' on ') || 'Unknown device';
        const row = element(
          'li',
          {},
          element('span', {}, name, element('small', {}, createdAt.toLocaleString())),
        );
        if (current) row.append(element('em', {}, 'this device'));
        else {
          const button = element('button', { className: 'revoke' }, 'Log out');
          button.addEventListener('click', () => sessions.revoke(objectId).then(load));
          row.append(button);
        }
        return row;
      }),
    );
  }
  refresh.addEventListener('click', load);
  rotate.addEventListener('click', () => sessions.rotate().then(load));
  leave.addEventListener('click', () => sessions.revokeAll());
  await load();
}

/** What the user is told of the end of his session, where it is known. */
function noticeOf(ended) {
  if (ended?.reason === 'revoked' && ended.by.kind === 'session')
    return `You signed this device out from another one at ${ended.endedAt.toLocaleTimeString([], { timeStyle: 'short' })}.`;
  if (ended?.reason === 'revoked' && ended.by.kind === 'self') return 'You signed out everywhere.';
  return '';
}

installSessionHandler(Parse, {
  onInvalidSession(error, { ended }) {
    count('calls');
    const user = Parse.User.current();
    if (location.hash === '#reload') location.reload();
    else if (user) void showDevices();
    else showLogIn(`Your session is over. ${noticeOf(ended)} Please log in again.`);
  },
});

if (Parse.User.current()) void showDevices();
else showLogIn('Welcome.');
