import { pointerTo } from '../sessions';
import { OWN_CLASSES } from './groups';

type Json = Record<string, any>;

export type MatrixOperation = 'create' | 'get' | 'find' | 'update' | 'delete';
const ALL: MatrixOperation[] = ['create', 'get', 'find', 'update', 'delete'];
const NO_CREATE: MatrixOperation[] = ['get', 'update', 'delete'];

/** The ids of the rows that a cell begins with, and the name of what it creates. */
export interface Ids {
  user: string;
  session: string;
  /** What the call is about. */
  target: string;
  /** Further rows, which a find could find. */
  other: string;
  third: string;
  created: string;
}

/** Rows that a cell begins with or could change: a class, and which. */
export type Row = [className: string, row: Json];
export type Place = [className: string, where: Json];

export interface Subject {
  className: string;
  operations: MatrixOperation[];
  /** The rows that a cell begins with, beside its user and his session. */
  rows(ids: Ids): Row[];
  /** The one that the call is about. @default the target */
  id?: (ids: Ids) => string;
  /** What a find asks for. @default the target */
  found?: (ids: Ids) => string[];
  where?: (ids: Ids) => Json;
  /** What a create or an update sends. */
  fields(ids: Ids, operation: MatrixOperation): Json;
  /** The same where GraphQL has a form of its own. */
  graphqlFields?: (ids: Ids, operation: MatrixOperation) => Json;
  selection: string;
  /** Where what the call may have written is found. */
  places(ids: Ids): Place[];
}

export const ROLE_MEMBERS = '_Join:users:_Role';

const PUBLIC_READ = { '*': { read: true } };
const ownedBy = (userId: string) => ({ ...PUBLIC_READ, [userId]: { read: true, write: true } });
const GRAPHQL_ACL = { public: { read: true, write: true } };

/** A trigger of somebody's would make an update of a part one of the whole. */
const SETTINGS = { color: 'blue', size: 1 };
const PART = { 'settings.color': 'red' };

export const userRow = (userId: string): Json => ({
  objectId: userId,
  username: `name-${userId}`,
  settings: SETTINGS,
  authData: { provider: { id: userId } },
  ACL: ownedBy(userId),
});

export const sessionRow = (objectId: string, userId: string, fields: Json = {}): Json => ({
  objectId,
  sessionToken: `r:token-of-${objectId}`,
  user: pointerTo(userId),
  createdWith: { action: 'login', authProvider: 'password' },
  expiresAt: { __type: 'Date', iso: '2100-01-01T00:00:00.000Z' },
  restricted: false,
  authenticatedAt: { __type: 'Date', iso: new Date().toISOString() },
  lastAccessedAt: { __type: 'Date', iso: '2020-01-01T00:00:00.000Z' },
  ip: '192.0.2.1',
  userAgent: 'browser',
  name: 'kitchen',
  secret: 'the secret',
  ...fields,
});

const roleRow = ({ target, user }: Ids): Row => [
  '_Role',
  { objectId: target, name: `role-${target}`, settings: SETTINGS, ACL: ownedBy(user) },
];
const member = (roleId: string, userId: string): Row => [
  ROLE_MEMBERS,
  { owningId: roleId, relatedId: userId },
];
const add = (...objects: Json[]) => ({ __op: 'AddRelation', objects });
const rolePointer = (objectId: string) => ({ __type: 'Pointer', className: '_Role', objectId });

const OBJECT = 'objectId createdAt updatedAt';
const USER = `${OBJECT} username settings authData ACL { public { read write } }`;
const SESSION = `${OBJECT} user { objectId } createdWith sessionToken expiresAt installationId restricted anonymous ip userAgent
  lastAccessedAt name authenticatedAt secret label`;

const sessionsOf = ({ user, other }: Ids): Place => [
  '_Session',
  { user: { $in: [user, other].map(pointerTo) } },
];

const user: Subject = {
  className: '_User',
  operations: ALL,
  rows: () => [],
  id: ids => ids.user,
  found: ids => [ids.user],
  fields: ({ created }, operation) =>
    operation === 'create' ? { username: created, password: 'secret' } : PART,
  graphqlFields: ({ created }, operation) =>
    operation === 'create'
      ? { username: created, password: 'secret', ACL: GRAPHQL_ACL }
      : { settings: { color: 'red' } },
  selection: USER,
  places: ids => [['_User', { objectId: ids.user }], ['_User', { username: ids.created }], sessionsOf(ids)],
};

const role: Subject = {
  className: '_Role',
  operations: ALL,
  rows: ids => [roleRow(ids)],
  fields: ({ created, user: owner }, operation) =>
    operation === 'create' ? { name: created, ACL: ownedBy(owner) } : PART,
  graphqlFields: ({ created }, operation) =>
    operation === 'create' ? { name: created, ACL: GRAPHQL_ACL } : { settings: { color: 'red' } },
  selection: `${OBJECT} name settings ACL { public { read write } }`,
  places: ({ target, created }) => [
    ['_Role', { objectId: target }],
    ['_Role', { name: created }],
  ],
};

const session: Subject = {
  className: '_Session',
  operations: ALL,
  rows: ({ target, other, third, user: owner }) => [
    ['_Session', sessionRow(target, owner)],
    ['_Session', sessionRow(third, owner, { restricted: true })],
    ['_User', userRow(other)],
    ['_Session', sessionRow(other, other)],
  ],
  found: ids => [ids.session, ids.target, ids.third, ids.other],
  fields: () => ({ label: 'after' }),
  selection: SESSION,
  places: ids => [sessionsOf(ids)],
};

/** A class of the app's, whose objects the user may write. */
const ofApp = (className: string): Subject => ({
  className,
  operations: ALL,
  rows: ({ target, user: owner }) => [[className, { objectId: target, text: 'before', ACL: ownedBy(owner) }]],
  fields: ({ created }) => ({ text: created }),
  selection: `${OBJECT} text`,
  places: ({ target, created }) => [
    [className, { objectId: target }],
    [className, { text: created }],
  ],
});

const ownClasses = Object.fromEntries(OWN_CLASSES.map(name => [name, ofApp(name)])) as Record<
  (typeof OWN_CLASSES)[number],
  Subject
>;

export const SUBJECTS = {
  'the own user': user,
  'another user': {
    ...user,
    operations: NO_CREATE,
    rows: ({ other }) => [['_User', userRow(other)]],
    id: ids => ids.other,
    places: ids => [['_User', { objectId: ids.other }], sessionsOf(ids)],
  },
  'a hidden column of the user': {
    ...user,
    operations: ['update'],
    fields: () => ({ _failed_login_count: 3 }),
  },
  'a role': role,
  'the members of a role': {
    ...role,
    className: '_Role',
    operations: ['create', 'update'],
    fields: (ids, operation) => ({
      ACL: ownedBy(ids.user),
      // A name that the SDK would refuse, and Parse Server takes.
      ...(operation === 'create' && { name: `${ids.created}.members` }),
      users: add(pointerTo(ids.user)),
      roles: add(rolePointer(ids.target)),
    }),
    graphqlFields: ({ created, user: owner, target }, operation) => ({
      ...(operation === 'create' && { name: `${created}.members` }),
      ACL: GRAPHQL_ACL,
      users: { add: [owner] },
      roles: { add: [target] },
    }),
    places: ids => [
      ...role.places({ ...ids, created: `${ids.created}.members` }),
      [ROLE_MEMBERS, { relatedId: ids.user }],
      ['_Join:roles:_Role', { relatedId: ids.target }],
    ],
  },
  'the users in a role': {
    ...user,
    operations: ['find'],
    rows: ids => [roleRow(ids), member(ids.target, ids.user)],
    where: ({ target }) => ({ $relatedTo: { object: rolePointer(target), key: 'users' } }),
  },
  [ROLE_MEMBERS]: {
    className: ROLE_MEMBERS,
    operations: ALL,
    rows: ids => [roleRow(ids), member(ids.target, ids.other)],
    where: ({ target }) => ({ owningId: target }),
    fields: ({ target, user: owner }) => ({ owningId: target, relatedId: owner }),
    selection: '',
    places: ({ target }) => [[ROLE_MEMBERS, { owningId: target }]],
  },
  'another session of the user': session,
  'the own session': { ...session, operations: NO_CREATE, id: ids => ids.session },
  'a restricted session of the user': { ...session, operations: NO_CREATE, id: ids => ids.third },
  'a session of another user': { ...session, operations: NO_CREATE, id: ids => ids.other },
  'a column that is the package’s': {
    ...session,
    operations: ['create', 'update'],
    fields: () => ({ name: 'after' }),
  },
  Invoice: ofApp('Invoice'),
  Reading: ofApp('Reading'),
  PaymentMethod: ofApp('PaymentMethod'),
  _Installation: {
    className: '_Installation',
    operations: ALL,
    rows: ({ target }) => [
      ['_Installation', { objectId: target, installationId: target, deviceType: 'ios' }],
    ],
    fields: ({ created }, operation) =>
      operation === 'create' ? { installationId: created, deviceType: 'android' } : { badge: 3 },
    selection: `${OBJECT} installationId deviceType badge`,
    places: ({ target, created }) => [
      ['_Installation', { objectId: target }],
      ['_Installation', { installationId: created }],
    ],
  },
  ...ownClasses,
} satisfies Record<string, Subject>;

export type SubjectName = keyof typeof SUBJECTS;

export const subjectOf = (name: SubjectName): Subject => SUBJECTS[name];
