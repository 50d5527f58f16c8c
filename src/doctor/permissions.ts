import type { Seen } from './finding';
import type { Patient } from './patient';

const READS = ['find', 'get', 'count'];
const OPERATIONS = [...READS, 'create', 'update', 'delete', 'addField'];
/** What an app may need of sessions by clients: a list of them, to end one, and to make one for a device. */
const NEEDED = ['find', 'delete', 'create'];
/** What nobody needs, and what somebody could do harm with. */
const HARMFUL = ['addField', 'update'];

const ADVICE = JSON.stringify({
  classLevelPermissions: {
    find: { requiresAuthentication: true },
    delete: { requiresAuthentication: true },
    create: { requiresAuthentication: true },
    get: {},
    count: {},
    update: {},
    addField: {},
  },
});

/** The Parse guide: find and delete only for a session list, create only for devices, the rest off. */
export async function permissions({ database }: Patient): Promise<Seen> {
  const schema = await database.loadSchema();
  const { classLevelPermissions } = await schema.getOneSchema('_Session');
  const open = OPERATIONS.filter(operation => isForAnybody(classLevelPermissions, operation));
  const needless = open.filter(operation => !NEEDED.includes(operation));
  if (needless.length === 0) {
    return {
      level: 'ok',
      what: `Clients may ${open.join(', ') || 'do nothing'} on _Session, as far as the rules allow.`,
    };
  }
  return {
    level: needless.some(operation => HARMFUL.includes(operation)) ? 'warning' : 'notice',
    what: `Everybody may ${needless.join(', ')} on _Session, or whoever is signed in, as far as the rules allow.`,
    todo:
      'Open find and delete for a session list that asks Parse Server itself, create for devices, and nothing else: ' +
      `PUT /schemas/_Session, by the master key, with ${ADVICE}`,
  };
}

const isNonEmpty = (list: unknown): boolean => Array.isArray(list) && list.length > 0;

/** Whether no more is asked of somebody than to be signed in: also where it is only for his own sessions. */
function isForAnybody(permissions: Record<string, unknown>, operation: string): boolean {
  const who = Object(permissions[operation]) as Record<string, unknown>;
  const ofPointers = READS.includes(operation) ? 'readUserFields' : 'writeUserFields';
  return (
    who['*'] === true ||
    who.requiresAuthentication === true ||
    isNonEmpty(who.pointerFields) ||
    // Nobody makes an object by what it points at.
    (operation !== 'create' && isNonEmpty(permissions[ofPointers]))
  );
}
