import type { Rule } from '../rule';
import { anonymityRule } from './anonymity';
import { credentialsRule } from './credentials';
import { guardRule } from './guard';
import { ownClassesRule } from './own-classes';
import { secretsRule } from './secrets';
import { sessionClassRule } from './session-class';
import { usersRule } from './users';

/** The rules of the gate in their order. The first one judges first, and stands round all others. */
export const RULES: readonly Rule[] = [
  guardRule,
  credentialsRule,
  anonymityRule,
  usersRule,
  sessionClassRule,
  secretsRule,
  ownClassesRule,
];
