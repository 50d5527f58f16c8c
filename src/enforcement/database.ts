import type { Database, DatabaseOptions } from '../parse-server';

/** The methods of a database controller that enforcement wraps, as they are now. */
export function bound(database: Database) {
  return {
    find: database.find.bind(database),
    create: database.create.bind(database),
    update: database.update.bind(database),
    destroy: database.destroy.bind(database),
    validateObject: database.validateObject.bind(database),
  };
}

/** Whether the client reads or writes, and not Parse Server on its behalf: it names the client's permissions then. */
export const isByClient = (options: DatabaseOptions | undefined): boolean => options?.acl !== undefined;
