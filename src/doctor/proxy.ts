import type { SeenProxy } from '../checks/proxy';
import type { Seen } from './finding';
import type { Patient } from './patient';

const TODO = "Tell Express whom it may trust, such as app.set('trust proxy', 'loopback').";

const SEEN: Readonly<Record<SeenProxy, Seen>> = {
  unseen: { level: 'ok', what: 'No request has come through a proxy since this process started.' },
  trusted: { level: 'ok', what: 'Requests come through a proxy, and Express knows whom to trust.' },
  everybody: {
    level: 'warning',
    what: "Express trusts whoever sends X-Forwarded-For (by 'trust proxy'): clients choose the address that is kept of them.",
    todo: TODO,
  },
  untrusted: {
    level: 'warning',
    what: 'A request came with X-Forwarded-For, and Express trusts no proxy there: if there is one, all sessions keep its address.',
    todo: TODO,
  },
};

export const proxy = ({ proxy: seen }: Patient): Seen => SEEN[seen];
