/* global Parse */
import { requireUnrestrictedSession } from 'parse-server-sessions';

Parse.Cloud.define('transfer', () => 'transferred', requireUnrestrictedSession);
