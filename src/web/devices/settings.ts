import type { Settings } from '../shared/settings';

export interface DevicesSettings extends Settings {
  /** The app's own log-in page. */
  loginPath: string | null;
  /** What a device token may be given; `null`: whatever a restricted session may do. */
  scopes: readonly string[] | null;
  /** Whether devices are paired by codes. */
  pairs: boolean;
  languages: Record<string, Record<string, string>>;
}
