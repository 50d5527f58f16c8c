/** All that a page says in one language, by key. A text with a place for something is a function. */
type Words = Record<string, string | ((values: never) => string)>;

/** The app's own words, by language and key. `{name}` stands for what the page fills in. */
export type OwnWords = Record<string, Record<string, string>>;

export interface Spoken<W> {
  words: W;
  /** The language of the words. */
  language: string;
  /** The same with the country that the browser prefers: for dates and numbers. */
  locale: string;
}

/**
 * The words of the first language that the browser prefers and that there is, else English.
 * @param own the app's own words and languages: words that are left out are the page's, in English for a new language.
 */
export function wordsFor<W extends Words>(
  languages: { en: W } & Record<string, W>,
  preferred: readonly string[],
  own: OwnWords,
): Spoken<W> {
  const known = (tag: string) => Object.hasOwn(languages, tag) || Object.hasOwn(own, tag);
  const plain = (tag: string) => tag.split('-', 1)[0]!;
  const language = preferred.flatMap(tag => [tag, plain(tag)]).find(known) ?? 'en';
  const base = (Object.hasOwn(languages, plain(language)) && languages[plain(language)]) || languages.en;
  const words = { ...base, ...filled(own[language] ?? {}, base) };
  const locale = preferred.find(tag => plain(tag) === plain(language)) ?? language;
  return { words, language, locale };
}

function filled<W extends Words>(own: Record<string, string>, base: W): Partial<W> {
  const entries = Object.entries(own).map(([key, text]) => [
    key,
    typeof base[key] === 'function'
      ? (values: Record<string, unknown>) =>
          text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
      : text,
  ]);
  return Object.fromEntries(entries) as Partial<W>;
}
