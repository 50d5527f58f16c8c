/**
 * The address of the app's own log-in page. Where the app has written `{page}` stands this page, so that the user comes back
 * to it.
 */
export const loginAddress = (loginPath: string | null): string | null =>
  loginPath?.replaceAll('{page}', encodeURIComponent(location.pathname + location.hash)) ?? null;

const SENT = 'sentToLogIn';

/** Whether this tab was sent to the log-in page the last time, and has come back signed out. */
export const wasSent: boolean = sessionStorage.getItem(SENT) !== null;
sessionStorage.removeItem(SENT);

/** Sends the user to the app's log-in page. */
export function goToLogIn(address: string): void {
  sessionStorage.setItem(SENT, 'yes');
  location.replace(address);
}
