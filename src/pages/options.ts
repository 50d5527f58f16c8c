import * as z from 'zod';
import { optionErrors } from '../option-errors';
import { wordsOf } from './built';
import type { PageSettings } from './page';

/** The app's own words on a page, by language and key. */
export type OwnWords = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The options that each page has. */
export interface PageOptions {
  /**
   * Where browsers find Parse Server: a path of the same origin, an address, or a path from the page's folder (`'../parse'`),
   * which is the same behind a proxy that takes a part of the path away.
   * @default '/parse'
   */
  parseMount?: string;
  /** The title of the page. @default its heading, in the user's language */
  title?: string;
  /**
   * Other words, and further languages: `{ en: { signOut: 'Log out' }, fr: { heading: '…' } }`. A word with `{device}` or
   * the like in it has that filled in. What is left out is the page's own, in English for a new language. Each language is
   * a tag such as `'fr'` or `'pt-BR'`, each key one of `dist/web/words.json`.
   * @default English and German
   */
  languages?: OwnWords;
}

const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

const parseMount = z
  .string()
  .refine(
    mount => mount !== '' && !/[\s\\?#]|^\/\//.test(mount) && URL.canParse(mount, 'http://app/sessions/'),
  )
  .refine(mount => /^https?:$/.test(new URL(mount, 'http://app/sessions/').protocol))
  .default('/parse')
  .describe('a path such as "/parse" or "../parse", or an address of http or https');

const title = z.string().trim().min(1).max(200).optional().describe('a text of 1 to 200 characters');

const placesIn = (text: string): string[] => text.match(/\{\w+\}/g) ?? [];

/** @param page the one whose words may be changed. */
const languages = (page: string) => {
  const words = wordsOf(page);
  const key = z
    .string()
    .refine(name => Object.hasOwn(words, name))
    .describe('the key of a word of the page (see dist/web/words.json)');
  const text = z.string({ error: 'a text' });
  const language = z.string().regex(LANGUAGE).describe('the tag of a language such as "fr" or "pt-BR"');
  return z
    .record(
      language,
      z
        .record(key, text)
        .superRefine((own, context) => {
          for (const [name, given] of Object.entries(own)) {
            const known = placesIn(words[name] ?? '');
            if (placesIn(given).every(place => known.includes(place))) continue;
            context.addIssue({ code: 'custom', path: [name], message: takes(known) });
          }
        })
        .describe('an object of words by their keys'),
    )
    .default({})
    .describe('an object of words by language');
};

const takes = (places: readonly string[]) =>
  places.length === 0
    ? 'a text without anything in braces'
    : `a text with nothing else in braces than ${places.join(' and ')}`;

/** What each page checks. */
export const pageShape = (page: string) => ({ parseMount, title, languages: languages(page) });

/** @throws TypeError with the option's path, what it got and what it takes. */
export function readPageOptions<T extends z.ZodType>(call: string, schema: T, options: unknown): z.output<T> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new TypeError(optionErrors(parsed.error.issues, options, schema, call));
}

/** Where a page sends requests to, besides its own origin. */
export const foreignOrigin = (mount: string): string | undefined =>
  URL.canParse(mount) ? new URL(mount).origin : undefined;

/** What each page is told of the server. */
export const settingsOf = (
  { parseMount, title, languages }: { parseMount: string; title?: string | undefined; languages: OwnWords },
  functionPrefix: string,
): PageSettings => ({ serverURL: parseMount, functionPrefix, title: title ?? null, languages });
