import { shown, textOf } from '../../src/in-messages';

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
