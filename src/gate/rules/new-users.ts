import type { Rule } from '../rule';

/** Notes which users a request makes: the session that follows is the one of the sign-up. */
export const newUsersRule: Rule = {
  covers: className => className === '_User',

  async create({ visit, data }, proceed) {
    const created = await proceed();
    visit.madeUser(String(data?.objectId));
    return created;
  },
};
