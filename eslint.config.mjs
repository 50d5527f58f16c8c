import js from '@eslint/js';
import { readdirSync } from 'node:fs';
import { URL } from 'node:url';
import prettier from 'eslint-config-prettier';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Parse Server's internals move between patch versions. */
const internals = { group: ['parse-server/lib/*', 'parse/lib/*'], message: 'Use the public surface.' };

/** What `src/` is made of, in its layers: each may import from those above it, and from itself. */
const LAYERS = [
  [
    'parse-server.ts',
    'record.ts',
    'errors.ts',
    'in-messages.ts',
    'duration.ts',
    'sha256.ts',
    'address.ts',
    'privacy',
    'places',
    'bounded-cache.ts',
    'class-name.ts',
    'client-texts.ts',
    'deadlock.ts',
    'retry.ts',
    'update-if.ts',
    'shutdown.ts',
    'paging.ts',
    'behind-start.ts',
    'device.ts',
    'option-errors.ts',
    'docs.ts',
    'version.ts',
  ],
  ['policy'],
  ['enforce.ts', 'log.ts', 'params.ts', 'parse-cloud.ts', 'current-app.ts', 'webhooks.ts'],
  ['expiry', 'schema'],
  ['events', 'files', 'secret'],
  ['history', 'attempts'],
  ['sessions'],
  [
    'activity',
    'overview',
    'pairing',
    'preview',
    'purge',
    'report',
    'revoke-where',
    'search',
    'step-up',
    'user-data',
  ],
  ['option-schema.ts'],
  ['options.ts'],
  ['checks', 'pages'],
  ['runtime.ts'],
  ['gate'],
  ['doctor', 'metrics'],
  ['functions', 'live-query', 'validators.ts'],
  ['api.ts', 'app-cloud.ts', 'cloud-code.ts'],
  ['parse-sessions.ts'],
  ['index.ts'],
  ['cli'],
];

/** What browsers get: the pages use the client, and neither uses the server. */
const BROWSER = ['client', 'web'];

/** One folder or file, and all that it may not import from: what lies below it, and what is the browser's. */
const zoneOf = (name, layer) => ({
  target: `src/${name}`,
  from: [...LAYERS.slice(layer + 1).flat(), ...BROWSER].map(other => `src/${other}`),
  message: `src/${name} must not depend on it: see the layers in eslint.config.mjs.`,
});
const oneWay = [
  ...LAYERS.flatMap((names, layer) => names.map(name => zoneOf(name, layer))),
  ...BROWSER.map(name => ({
    target: `src/${name}`,
    from: LAYERS.flat().map(other => `src/${other}`),
    message: 'A browser must not get the server.',
  })),
  { target: 'src/client', from: 'src/web', message: 'Apps that have pages of their own must not get these.' },
];
const unlayered = readdirSync(new URL('src', import.meta.url)).filter(
  name => !BROWSER.includes(name) && !LAYERS.flat().includes(name),
);
if (unlayered.length > 0) throw new Error(`eslint.config.mjs: no layer has ${unlayered.join(', ')} of src/.`);

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '.cache/', 'tmp/'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  prettier,
  {
    files: ['**/*.{ts,tsx}'],
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
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  {
    files: ['src/**/*.{ts,tsx}'],
    rules: { 'no-restricted-imports': ['error', { patterns: [internals] }], 'no-console': 'error' },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.tsx'] })] },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': ['error', { zones: oneWay }],
    },
  },
);
