/** Characters per line: a token goes on two. */
const PER_LINE = 24;
const SIZE = 17;
const LINE_HEIGHT = 26;

/** Draws a text that must not stand in the document. */
export function drawText(canvas: HTMLCanvasElement, text: string): void {
  const lines = text.match(new RegExp(`.{1,${PER_LINE}}`, 'g')) ?? [];
  const scale = window.devicePixelRatio || 1;
  const context = canvas.getContext('2d')!;
  const font = `${SIZE}px ui-monospace, monospace`;
  context.font = font;
  const width = Math.ceil(Math.max(...lines.map(line => context.measureText(line).width)));
  canvas.width = width * scale;
  canvas.height = lines.length * LINE_HEIGHT * scale;
  // Setting the size has reset it.
  context.scale(scale, scale);
  context.font = font;
  context.textBaseline = 'middle';
  context.fillStyle = getComputedStyle(canvas).color;
  lines.forEach((line, row) => context.fillText(line, 0, (row + 0.5) * LINE_HEIGHT));
}
