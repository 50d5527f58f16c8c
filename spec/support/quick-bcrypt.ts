import path from 'node:path';

const real = jest.requireActual<typeof import('@node-rs/bcrypt')>(
  path.join(process.cwd(), 'node_modules/@node-rs/bcrypt'),
);

/** As few rounds as bcrypt allows. Specs sign up thousands of users, and each hash takes 50 ms by Parse Server's ten. */
const ROUNDS = 4;

export const hash = (password: string) => real.hash(password, ROUNDS);
export const { verify } = real;
