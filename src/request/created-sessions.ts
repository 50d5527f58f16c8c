import type { Row } from '../parse-server';
import { SECRET_COLUMNS } from '../schema/columns';

/**
 * Parse Server answers `POST /sessions` with what the client sent, not with what was stored. This puts the stored
 * row into the answer, also into those of a batch.
 */
export class CreatedSessions {
  private readonly stored = new Map<unknown, Row>();

  add(session: Row): void {
    const visible = { ...session };
    for (const column of SECRET_COLUMNS) delete visible[column];
    this.stored.set(session.sessionToken, visible);
  }

  get isEmpty(): boolean {
    return this.stored.size === 0;
  }

  correct(body: unknown): unknown {
    if (Array.isArray(body)) {
      return body.map(part => (part?.success ? { ...part, success: this.correct(part.success) } : part));
    }
    const stored = this.stored.get((body as Row | null)?.sessionToken);
    return stored ? { ...(body as Row), ...stored } : body;
  }
}
