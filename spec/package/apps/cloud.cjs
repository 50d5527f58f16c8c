/* global Parse, require */
const { requireUnrestrictedSession } = require('parse-server-sessions');

Parse.Cloud.define('transfer', () => 'transferred', requireUnrestrictedSession);
