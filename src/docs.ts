/** Where the documents are that errors, warnings and findings point to. */
const DOCS = 'https://github.com/parse-server-sessions/parse-server-sessions/blob/main/docs';

/** The address of a document. @param anchor of one of its headings. */
export const docs = (page: string, anchor: string): string => `${DOCS}/${page}.md#${anchor}`;
