import type { BrowserContext, Page } from 'playwright-core';
import type { SessionsOptions } from '../../../src';
import type { AdminPageOptions } from '../../../src/pages/admin-page';
import { MASTER_KEY } from '../../support/server';
import { startPageServer, type PageServer } from './pages';

export interface AdminServer extends PageServer {
  /** A tab at a view of the page, which is locked. */
  open(context: BrowserContext, view?: string): Promise<Page>;
  /** The same, with a key typed in. */
  unlocked(context: BrowserContext, view?: string, key?: string): Promise<Page>;
}

/** A server with the operators' page at `/sessions-admin`, too. Its problems are also whatever the console complains of. */
export async function startAdminServer(
  options: SessionsOptions = {},
  page: AdminPageOptions = {},
): Promise<AdminServer> {
  const server = await startPageServer(options);
  server.app.use('/sessions-admin', server.sessions.adminPage(page));
  const open = (context: BrowserContext, view = '#/') => server.open(context, `/sessions-admin/${view}`);
  return {
    ...server,
    async newContext(given) {
      const context = await server.newContext(given);
      context.on('console', message => {
        // The browser itself writes a line for each answer that is an error, and for each that does not come.
        const isAnswer = message.text().startsWith('Failed to load resource');
        if (/error|warning/.test(message.type()) && !isAnswer) server.problems.push(message.text());
      });
      return context;
    },
    open,
    async unlocked(context, view, key = MASTER_KEY) {
      const tab = await open(context, view);
      await unlock(tab, key);
      await tab.getByRole('button', { name: 'Lock', exact: true }).waitFor();
      return tab;
    },
  };
}

export async function unlock(tab: Page, key: string): Promise<void> {
  await tab.getByLabel('Master key').fill(key);
  await tab.getByRole('button', { name: 'Unlock' }).click();
}

/** Fills in the reason in the dialog, and answers it. */
export async function confirm(tab: Page, reason: string, answer: string): Promise<void> {
  const dialog = tab.getByRole('dialog');
  await dialog.getByLabel('Reason').fill(reason);
  await dialog.getByRole('button', { name: answer, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}
