import { de } from '../../../src/web/devices/words-de';
import { en } from '../../../src/web/devices/words-en';
import { wordsFor } from '../../../src/web/shared/words';

describe('the words of a page', () => {
  const languages = { en, de };
  const speak = (preferred: string[], own = {}) => wordsFor<typeof en>(languages, preferred, own);

  it.each([
    [['de-AT', 'en'], 'de', 'de-AT'],
    [['fr', 'de'], 'de', 'de'],
    [['fr-FR', 'en-GB'], 'en', 'en-GB'],
    [['xx'], 'en', 'en'],
    [[], 'en', 'en'],
    [['constructor', '__proto__'], 'en', 'en'],
  ])('of %j are those of %s, with dates as in %s', (preferred, language, locale) => {
    expect(speak(preferred)).toMatchObject({ language, locale });
  });

  it('are all there in each language, and say what they are given', () => {
    expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
    const values = { device: 'D', app: 'A', system: 'S', name: 'N', count: 7, why: 'W' };
    for (const [key, word] of Object.entries(en)) {
      if (typeof word !== 'function') continue;
      const said = (word as (given: object) => string)(values);
      const other = (de[key as keyof typeof de] as (given: object) => string)(values);
      const given = (text: string) => [...text.matchAll(/\b([DASNW]|7)\b/g)].map(([one]) => one).sort();
      expect([key, given(other)]).toEqual([key, given(said)]);
      expect(given(said).length).toBeGreaterThan(0);
    }
  });

  it('never speak of revoking', () => {
    const texts = [...Object.values(en), ...Object.values(de)].map(String).join('\n');
    expect(texts).not.toMatch(/revok|terminat|kill|widerruf/i);
  });

  it("are the app's own where it has any", () => {
    const own = {
      en: { signOutDevice: 'Log {device} out {nobody}', heading: 'Hi' },
      'pt-BR': { heading: 'Oi' },
    };
    const { words } = speak(['en-US'], own);
    expect(words.signOutDevice({ device: '$& {device}' })).toBe('Log $& {device} out {nobody}');
    expect(words.heading).toBe('Hi');
    expect(words.name).toBe(en.name);
    expect(speak(['pt-BR'], own)).toMatchObject({
      language: 'pt-BR',
      words: { heading: 'Oi', name: en.name },
    });
    expect(speak(['pt-PT'], own).language).toBe('en');
    expect(speak(['de'], { de: { heading: 'Na' } }).words).toMatchObject({ heading: 'Na', name: de.name });
  });
});
