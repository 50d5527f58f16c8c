import type { Database } from '../parse-server';
import { POSTGRES_NAME_BYTES } from '../policy/stored-names';

/**
 * How many bytes of the name of a class the app's database keeps. Parse Server's adapters tell each other apart by
 * what they can do. An adapter of somebody else's may be of any kind: it is taken for one that cuts names, because that
 * rules out more.
 */
export const nameBytesOf = ({ adapter }: Pick<Database, 'adapter'>): number =>
  adapter.canSortOnJoinTables === true ? Infinity : POSTGRES_NAME_BYTES;
