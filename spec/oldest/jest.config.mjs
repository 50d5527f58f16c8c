import { createRequire } from 'node:module';
import newest from '../../jest.config.mjs';

/**
 * What has to hold on the oldest Parse Server that this package guards, too: the matrix of who may do what on each
 * database, and the rest of the contract with those who attack it, and how operators count, on one of them.
 */
const CONTRACT = {
  postgresql: ['matrix', 'guards', 'session-class', 'revocation', 'operators'],
  mongodb: ['matrix', 'revocation'],
};
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
      .filter(({ displayName }) => displayName.name in CONTRACT)
      .map(project => ({
        ...project,
        testMatch: CONTRACT[project.displayName.name].map(folder => `<rootDir>/spec/${folder}/**/*.spec.ts`),
        moduleNameMapper: {
          ...project.moduleNameMapper,
          '^parse-server$': OLDEST,
          '^parse-server/(.*)$': `${OLDEST}/$1`,
        },
      })),
  };
};
