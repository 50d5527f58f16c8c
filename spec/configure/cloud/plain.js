/* global Parse */
Parse.Cloud.define('whereFrom', () => 'from plain.js');
