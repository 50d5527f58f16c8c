import newest from '../../jest.config.mjs';

/** What has to hold on the oldest Parse Server that this package guards, too: the contract with those who attack it. */
const CONTRACT = ['matrix', 'guards', 'session-class', 'revocation'];
const OLDEST = 'parse-server-9.8';

export default async () => {
  const config = await newest();
  return {
    ...config,
    projects: config.projects
      .filter(({ displayName }) => displayName.name !== 'unit')
      .map(project => ({
        ...project,
        testMatch: CONTRACT.map(folder => `<rootDir>/spec/${folder}/**/*.spec.ts`),
        moduleNameMapper: { '^parse-server$': OLDEST, '^parse-server/(.*)$': `${OLDEST}/$1` },
      })),
  };
};
