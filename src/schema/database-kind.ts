import type { Database } from '../parse-server';
import { POSTGRES_NAME_BYTES } from '../policy/stored-names';

/** Parse Server's adapters tell each other apart by what they can do. */
export const isMongo = ({ adapter }: Pick<Database, 'adapter'>): boolean =>
  adapter.canSortOnJoinTables === true;

/**
 * How many bytes of the name of a class the app's database keeps. An adapter of somebody else's may be of any kind: it
 * is taken for one that cuts names, because that rules out more.
 */
export const nameBytesOf = (database: Pick<Database, 'adapter'>): number =>
  isMongo(database) ? Infinity : POSTGRES_NAME_BYTES;
