import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import prettier from 'prettier';
import { Application, ReflectionGroup, ReflectionKind } from 'typedoc';
import { MarkdownTheme, MarkdownThemeContext } from 'typedoc-plugin-markdown';

// Writes docs/server-api.md from the docstrings; with --check it writes nothing, and fails where the page is older.

const root = path.resolve(import.meta.dirname, '..');
const page = path.join(root, 'docs/server-api.md');

/** What the page has, in this order. An export that is not named here comes last. */
const GROUPS = {
  'Mounting it': [
    'parseSessions',
    'Sessions',
    'SessionsOptions',
    'ExpiryOptions',
    'LifetimeOptions',
    'Locate',
  ],
  'The store': [
    'SessionStore',
    'SessionQuery',
    'SessionFilter',
    'RevokeWhereResult',
    'RestrictedSessionOptions',
    'RestrictedSession',
    'PurgeOptions',
    'PurgeResult',
  ],
  'In cloud code': [
    'requireUnrestrictedSession',
    'requireFreshSession',
    'FreshSessionOptions',
    'HandedOrCalled',
    'FreshSessionValidator',
    'RequestWithSession',
    'ErrorCode',
  ],
  'Sessions and users': ['SessionRef', 'UserRef', 'SessionLike', 'CallerSession', 'SessionRecord', 'Device'],
  'Helpers for a session': [
    'isExpired',
    'isValid',
    'expiresWithin',
    'timeRemaining',
    'isActive',
    'isAuthenticated',
  ],
  'Ready policies': ['rapidContextExpiry', 'nistAal1', 'nistAal2', 'nistAal3'],
  Files: ['SessionFileSet', 'FileContents', 'AddFileOptions'],
  Events: ['SessionEvents', 'SessionEvent', 'SessionListener', 'RevokeReason'],
  'Views of sessions': [
    'SessionView',
    'FoundSessionView',
    'EndedSessionView',
    'NotedEndedSessionView',
    'EndedReason',
    'EndedBy',
    'EnderKind',
  ],
  'For operators': [
    'DoctorReport',
    'Finding',
    'Level',
    'ExpiryPreview',
    'PreviewOfKind',
    'PreviewOfAge',
    'SessionMetrics',
    'SessionOverview',
    'SessionStats',
    'UserData',
  ],
};
const REST = 'Other types';

const INTRODUCTION = `# The server's API

Everything that \`parse-server-sessions\` exports for code on the server. The page is made from the docstrings in \`src/\`
(\`npm run docs\`); what belongs together is told in the other pages, of which the [index](README.md) has a list.

- \`parseSessions(options)\` answers \`sessions\`, one for each app. It throws a \`TypeError\` for a wrong option at once.
- \`sessions.store\`, and whatever else needs the database, works once Parse Server has started with what
  \`sessions.configure()\` answered.
- A user may be a \`Parse.User\`, a pointer or an id; a session a \`Parse.Session\`, a record or an id.
- The queries, \`on()\`, \`files()\`, \`liveQuery()\`, \`metrics()\`, the pages and the validators answer at once, the rest promises.
- Numbers such as 101 or 119 are the \`code\` of a \`Parse.Error\`; [the errors](errors.md) says what each means.
- Durations are texts such as \`'30m'\` or \`'90d'\`, or numbers of seconds. Dates are \`Date\` objects, in views ISO 8601.

\`\`\`js
const query = sessions.store.forUser(user).descending('lastAccessedAt').limit(10);
const devices = await query.find({ useMasterKey: true });
console.log(devices.map(session => session.get('name')));

Parse.Cloud.define('deviceName', async request => {
  const session = await sessions.of(request);
  return session?.name ?? 'unknown';
});
Parse.Cloud.define('onlyHere', async ({ user }) => {
  if (!user) return 0;
  return sessions.store.revokeAllForUser(user, { except: user.getSessionToken() });
});
\`\`\`

In a route of your own, \`of(request)\` takes the request of Express: the header \`X-Parse-Session-Token\` names the session.
\`isActive\` is true for a session that was used within 5 minutes, \`timeRemaining\` tells seconds (\`null\` without an end, 0 when over).
`;

/** What a call takes, answers and throws as one list, instead of a heading for each. */
class Context extends MarkdownThemeContext {
  constructor(...args) {
    super(...args);
    const { comment } = this.partials;
    this.partials.comment = (model, options = {}) => {
      if (options.isTableColumn) return comment(model, options);
      const { showSummary = true, showTags = true } = options;
      return [
        ...(showSummary ? [this.helpers.getCommentParts(model.summary)] : []),
        ...(showTags ? this.#tags(model) : []),
      ].join('\n\n');
    };
    this.partials.signature = (model, { hideTitle, multipleSignatures } = {}) => {
      const isOfInterface = model.parent?.kindOf(ReflectionKind.Interface);
      const told = model.comment ?? (multipleSignatures || isOfInterface ? undefined : model.parent?.comment);
      return [
        ...(hideTitle ? [] : [this.partials.signatureTitle(model)]),
        ...(told ? [this.helpers.getCommentParts(told.summary), ...this.#tags(told, model.parameters)] : []),
      ].join('\n\n');
    };
  }

  #tags({ blockTags }, parameters = []) {
    const of = wanted => blockTags.filter(({ tag }) => tag === wanted);
    const line = (begin, parts) => `- ${begin} ${this.#oneLine(parts)}`;
    return [
      [
        ...parameters
          .flatMap(({ name, comment, type }) => [
            { name, comment },
            // Its parts, such as options.except.
            ...(type?.declaration?.children ?? []).map(part => ({
              name: `${name}.${part.name}`,
              comment: part.comment,
            })),
          ])
          .filter(({ comment }) => comment)
          .map(({ name, comment }) => line(`\`${name}\`:`, comment.summary)),
        ...of('@returns').map(({ content }) => line('Returns', content)),
        ...of('@throws').map(({ content }) => line('Throws', content)),
      ].join('\n'),
      ...of('@example').map(({ content }) => this.helpers.getCommentParts(content)),
    ];
  }

  #oneLine(parts) {
    return this.helpers
      .getCommentParts(parts)
      .replace(/\s*\n\s*/g, ' ')
      .trim();
  }
}

class Theme extends MarkdownTheme {
  getRenderContext(event) {
    return new Context(this, event, this.application.options);
  }
}

const app = await Application.bootstrapWithPlugins({
  entryPoints: [path.join(root, 'src/index.ts')],
  tsconfig: path.join(root, 'tsconfig.build.json'),
  plugin: ['typedoc-plugin-markdown'],
  readme: 'none',
  logLevel: 'Error',
  disableSources: true,
  excludeInternal: true,
  excludePrivate: true,
  sort: ['source-order'],
  outputFileStrategy: 'modules',
  entryFileName: 'server-api.md',
  expandParameters: true,
  expandObjects: true,
  parametersFormat: 'none',
  tableColumnSettings: { hideModifiers: true, hideInherited: true, hideOverrides: true },
  hidePageHeader: true,
  hidePageTitle: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
});
app.renderer.defineTheme('compact', Theme);
app.options.setValue('theme', 'compact');
const project = await app.convert();
if (!project) throw new Error('typedoc could not read the sources.');
const text = await rendered();

if (process.argv.includes('--check')) {
  if ((await readFile(page, 'utf8')) === text) process.exit(0);
  process.stderr.write('docs/server-api.md is older than the docstrings: npm run docs\n');
  process.exit(1);
}
await writeFile(page, text);

async function rendered() {
  const named = new Set(Object.values(GROUPS).flat());
  const rest = project.children.map(({ name }) => name).filter(name => !named.has(name));
  project.groups = Object.entries({ ...GROUPS, [REST]: rest })
    .filter(([, names]) => names.length > 0)
    .map(([title, names]) => {
      const group = new ReflectionGroup(title, project);
      group.children = names.map(name => {
        const child = project.getChildByName([name]);
        if (!child) throw new Error(`scripts/build-docs.mjs: nothing is exported as ${name}.`);
        return child;
      });
      return group;
    });
  const folder = await mkdtemp(path.join(tmpdir(), 'server-api-'));
  try {
    app.options.setValue('out', folder);
    await app.generateOutputs(project);
    const generated = await readFile(path.join(folder, 'server-api.md'), 'utf8');
    const text = generated
      // Anchors of single columns, lines between what has headings, and headings that say what anybody sees.
      .replace(/<a id="[^"]*"><\/a> /g, '')
      .replace(/^\*\*\*$/gm, '')
      .replace(/^#+ Extended by\n\n(- .*\n)+/gm, '')
      .replace(/^#+ Extends\n\n- (.*)$/gm, 'It has all of $1, and more.')
      .replace(/^#+ (Properties|Methods|Type Declaration|Call Signature)$/gm, '')
      .replace(/^#{5,}/gm, '####')
      // They are signatures: no code to copy.
      .replace(/^```ts$/gm, '```typescript');
    const options = await prettier.resolveConfig(page);
    return await prettier.format(`${INTRODUCTION}\n${text}`, { ...options, filepath: page });
  } finally {
    await rm(folder, { recursive: true });
  }
}
