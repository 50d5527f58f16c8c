import { hasControls, shown, textOf, withoutControls } from '../../src/in-messages';

describe('a message shows no token', () => {
  it.each([
    ['whole', 'r:0123456789abcdef0123456789abcdef'],
    ['cut', 'r:0123456789abcdef'],
    ['as a URL writes it', 'r%3A0123456789abcdef'],
    ['as a URL within a URL writes it', 'r%253A0123456789abcdef'],
    ['encoded once more', 'x=r%25253a0123456789abcdef'],
  ])('%s', (_what, text) => {
    expect(textOf(text)).toBe('…');
    expect(shown(text)).toBe('a text');
  });

  it('other texts stay', () => {
    expect(textOf('50%25 of r')).toBe('50%25 of r');
  });
});

it.each([
  ['a new line', 'a\nb', 'a b'],
  ['what clears a line', 'a\u001b[2K', 'a [2K'],
  ['other ends of lines', 'a\u2028\u2029\u0085b', 'a   b'],
  ['what turns the direction', '\u202ea\u2066', ' a '],
])('a line of the log holds no control characters: %s', (_what, text, line) => {
  expect(hasControls(text)).toBe(true);
  expect(withoutControls(text)).toBe(line);
  expect(hasControls(line)).toBe(false);
});
