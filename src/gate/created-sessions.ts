import type { Row, ServerResponse } from '../parse-server';
import { SECRET_COLUMNS } from '../policy/columns';

/**
 * The sessions that a request has created. Parse Server answers `POST /sessions` with what the client sent, not
 * with what was stored (`RestWrite.js#handleSession` of 9.10.0). This puts the stored row into the answer, also
 * into that of a batch.
 */
export class CreatedSessions {
  private readonly stored = new Map<unknown, Row>();

  /** Has the answer to an HTTP request corrected when Parse Server sends it. */
  static inAnswer(response: ServerResponse): CreatedSessions {
    const created = new CreatedSessions();
    const json = response.json.bind(response);
    response.json = body => json(created.correct(body));
    return created;
  }

  add(session: Row): void {
    const visible = { ...session };
    for (const column of SECRET_COLUMNS) delete visible[column];
    this.stored.set(session.sessionToken, visible);
  }

  correct(body: unknown): unknown {
    if (Array.isArray(body)) {
      return body.map(part => (part?.success ? { ...part, success: this.correct(part.success) } : part));
    }
    const stored = this.stored.get((body as Row | null)?.sessionToken);
    return stored ? { ...(body as Row), ...stored } : body;
  }
}
