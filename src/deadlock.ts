/** PostgreSQL's code for a statement that it undid, because it had met another process's in a deadlock. */
const DEADLOCK = '40P01';
const ATTEMPTS = 5;

/** Runs a statement that locks many rows, again after a deadlock: another process may lock them in another order. */
export async function pastDeadlocks<Answer>(statement: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await statement();
    } catch (error) {
      if ((error as { code?: unknown }).code !== DEADLOCK || attempt === ATTEMPTS) throw error;
    }
  }
}
