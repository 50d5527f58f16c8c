declare const Parse: any;

const answer: string = 'from absolute.ts';
Parse.Cloud.define('whereFrom', () => answer);
