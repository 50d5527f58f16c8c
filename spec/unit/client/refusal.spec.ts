import { readFileSync } from 'node:fs';
import path from 'node:path';
import { refusalOf } from '../../../src/client';
import { RESTRICTED_MESSAGE } from '../../../src/errors';
import { OUT_OF_SCOPE_MESSAGE } from '../../../src/policy/scopes';
import { STALE_LOGIN_MESSAGE } from '../../../src/policy/writes';

const error = (code: number, message: string) => Object.assign(new Error(message), { code });
const LIMIT = 'This user has as many sessions as allowed.';
const RESTRICTED_SUBSCRIPTION = 'subscription to users not allowed: restricted session';

describe('refusalOf', () => {
  it.each([
    ['restricted', RESTRICTED_MESSAGE],
    ['restricted', `${RESTRICTED_MESSAGE} (_User: always guarded)`],
    ['restricted', RESTRICTED_SUBSCRIPTION],
    ['scope', OUT_OF_SCOPE_MESSAGE],
    ['scope', `${OUT_OF_SCOPE_MESSAGE} (Note:read)`],
    ['stale', STALE_LOGIN_MESSAGE],
    ['stale', `${STALE_LOGIN_MESSAGE} (PaymentMethod)`],
    ['limit', LIMIT],
  ])('tells %s by "%s"', (refusal, message) => {
    expect(refusalOf(error(119, message))).toBe(refusal);
    expect(refusalOf({ code: 119, error: message })).toBe(refusal);
    expect(refusalOf([{ success: {} }, { error: { code: 119, error: message } }])).toBe(refusal);
    expect(refusalOf([undefined, error(119, message)])).toBe(refusal);
    expect(refusalOf({ code: 600, errors: [error(101, 'x'), error(119, message)] })).toBe(refusal);
    // As `saveAll` rejects where the whole batch was refused.
    expect(refusalOf(error(111, message))).toBe(refusal);
    expect(refusalOf(error(101, message))).toBeNull();
  });

  it.each<[unknown]>([
    [error(119, 'Permission denied for action create on class Note.')],
    [error(119, `a note: ${STALE_LOGIN_MESSAGE}`)],
    [error(119, '')],
    [{ code: 119 }],
    [new Error(STALE_LOGIN_MESSAGE)],
    [null],
    [undefined],
    ['stale'],
    [{}],
    [[]],
  ])('answers null for %p', given => {
    expect(refusalOf(given)).toBeNull();
  });

  it('does not follow a circle', () => {
    const circle: Record<string, unknown> = {};
    circle.error = circle;
    expect(refusalOf(circle)).toBeNull();
  });
});

it('the texts of limits and LiveQuery are those that the client knows', () => {
  const source = (file: string) => readFileSync(path.join(__dirname, '../../../src', file), 'utf8');
  expect(source('sessions/limits.ts')).toContain(LIMIT);
  expect(source('gate/live-query-door.ts')).toContain(RESTRICTED_SUBSCRIPTION);
});
