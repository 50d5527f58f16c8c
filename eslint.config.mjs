import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Parse Server's internals move between patch versions. */
const internals = { group: ['parse-server/lib/*', 'parse/lib/*'], message: 'Use the public surface.' };

/** Forbids the files of a folder under src/ to import from others. */
const importsOnly = (folder, forbidden) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          internals,
          {
            group: forbidden.flatMap(name => (name === '' ? ['../*'] : [`../${name}`, `../${name}/*`])),
            message: `src/${folder} must not depend on it: see the layout in the README.`,
          },
        ],
      },
    ],
  },
});

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '.cache/', 'tmp/'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  prettier,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['.ci/**/*.mjs'],
    languageOptions: {
      globals: { console: 'readonly', fetch: 'readonly', process: 'readonly', setTimeout: 'readonly' },
    },
  },
  {
    // Answers of a server are JSON of any shape.
    files: ['spec/**/*.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'off' },
  },
  {
    files: ['src/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [internals] }], 'no-console': 'error' },
  },
  // Imports go one way: request -> enforcement -> policy; functions, jobs -> store. Policies know no database.
  importsOnly('policy', ['request', 'enforcement', 'store', 'functions', 'activity', 'purge', 'lifecycle']),
  importsOnly('expiry', ['request', 'enforcement', 'store', 'functions', 'activity', 'purge', 'lifecycle']),
  importsOnly('store', ['request', 'functions']),
  importsOnly('enforcement', ['request/middleware', 'request/sdk-door', 'functions', 'purge']),
  importsOnly('client', ['']),
);
