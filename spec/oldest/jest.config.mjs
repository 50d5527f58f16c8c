import { createRequire } from 'node:module';
import newest from '../../jest.config.mjs';

/** What has to hold on the oldest Parse Server that this package guards, too: the contract with those who attack it. */
const CONTRACT = ['matrix', 'guards', 'session-class', 'revocation'];
const OLDEST = 'parse-server-9.8';

const { version } = createRequire(import.meta.url)(`${OLDEST}/package.json`);

/** Has the closing lines tell which Parse Server it was. */
const withVersion = reporter => {
  if (!Array.isArray(reporter)) return reporter;
  const [path, { labels, ...options }] = reporter;
  const named = Object.entries(labels).map(([name, label]) => [name, `${label}, parse-server ${version}`]);
  return [path, { ...options, labels: Object.fromEntries(named) }];
};

export default async () => {
  const config = await newest();
  return {
    ...config,
    reporters: config.reporters.map(withVersion),
    projects: config.projects
      .filter(({ displayName }) => displayName.name !== 'unit')
      .map(project => ({
        ...project,
        testMatch: CONTRACT.map(folder => `<rootDir>/spec/${folder}/**/*.spec.ts`),
        moduleNameMapper: { '^parse-server$': OLDEST, '^parse-server/(.*)$': `${OLDEST}/$1` },
      })),
  };
};
