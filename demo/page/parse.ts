import Parse from 'parse';
// In an app: from 'parse-server-sessions/client'.
import { sessionsClient } from '../../src/client';

interface Settings {
  appId: string;
  /** Paths of this server. */
  parseMount: string;
  devicesPage: string;
  adminPage: string;
  readme: string;
}

/** What the server has written into the page. */
export const settings: Settings = JSON.parse(
  document.querySelector<HTMLMetaElement>('meta[name=settings]')!.content,
);

export const serverURL = new URL(settings.parseMount, location.href).href.replace(/\/$/, '');

Parse.initialize(settings.appId, undefined as never);
Parse.serverURL = serverURL;

export { Parse };
export type User = NonNullable<ReturnType<typeof Parse.User.current>>;

export const client = sessionsClient(Parse);
