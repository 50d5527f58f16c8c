import type { Rule } from '../rule';
import { credentialsRule } from './credentials';
import { guardRule } from './guard';
import { newUsersRule } from './new-users';
import { ownClassesRule } from './own-classes';
import { secretsRule } from './secrets';
import { sessionClassRule } from './session-class';

/** The rules of the gate in their order. The first one judges first, and stands round all others. */
export const RULES: readonly Rule[] = [
  guardRule,
  credentialsRule,
  newUsersRule,
  sessionClassRule,
  secretsRule,
  ownClassesRule,
];
