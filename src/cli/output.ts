import { styleText } from 'node:util';
import Table from 'cli-table3';
import { jsonWithoutControls, withoutControls } from '../in-messages';

type Style = Parameters<typeof styleText>[0];

/** What a command writes, and where. */
export interface Output {
  /** Whether it is for a program: JSON and nothing else. */
  isJson: boolean;
  /** Writes the answer: as JSON, or by what draws it for people. */
  answer(result: unknown, draw: () => string): void;
  style(style: Style, text: string): string;
}

/** Answers on standard output. Colours are for terminals. */
export function makeOutput(isJson: boolean, stdout = process.stdout): Output {
  const isColoured = !isJson && stdout.isTTY === true && !process.env.NO_COLOR;
  return {
    isJson,
    answer(result, draw) {
      stdout.write(`${isJson ? json(result) : draw()}\n`);
    },
    style: (style, text) => (isColoured ? styleText(style, text) : text),
  };
}

/**
 * A text that somebody else chose, as a terminal may show it: without what moves the cursor, colours or ends a line.
 */
export const plain = (value: unknown): string =>
  value === null || value === undefined || value === '' ? '–' : withoutControls(String(value));

/** An answer as JSON, which a terminal may show as well. */
export const json = (answer: unknown): string => jsonWithoutControls(JSON.stringify(answer, null, 2));

/** A table without lines. Each cell is made plain. */
export function table(head: string[], rows: unknown[][], { style }: Pick<Output, 'style'>): string {
  const lines = new Table({
    head: head.map(name => style('bold', withoutControls(name))),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: NO_LINES,
  });
  lines.push(...rows.map(row => row.map(plain)));
  return lines
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n');
}

const NO_LINES = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map(name => [name, '']),
);

/** A date to the minute, in UTC. */
export const minute = (iso: string | null | undefined): string =>
  iso ? `${iso.slice(0, 10)} ${iso.slice(11, 16)}` : '–';

/** A number with its digits in groups of three. What a server answers in its place is made plain. */
export const number = (value: number): string => plain(value.toLocaleString('en-US'));

/** So many sessions, in words. */
export const sessions = (count: number): string => (count === 1 ? '1 session' : `${number(count)} sessions`);
