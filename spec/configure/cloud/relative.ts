declare const Parse: any;

const answer: string = 'from relative.ts';
Parse.Cloud.define('whereFrom', () => answer);
