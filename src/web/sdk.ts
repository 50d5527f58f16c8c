import Parse from 'parse';

// A file of its own: whoever has been on another page has it already, and its size is not the pages'.
(globalThis as { Parse?: unknown }).Parse = Parse;
