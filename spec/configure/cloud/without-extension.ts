declare const Parse: any;

const answer: string = 'from without-extension.ts';
Parse.Cloud.define('whereFrom', () => answer);
