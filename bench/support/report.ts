import { SingleBar } from 'cli-progress';

/** Prints the figures; a progress bar only where somebody watches. */
export class Report {
  private bar: SingleBar | undefined;

  line(text = ''): void {
    const { bar } = this;
    if (!bar) return void console.log(text);
    // The bar owns its line: it is wiped first and drawn again below the text.
    process.stdout.write(`\r\x1b[K${text}\n`);
    bar.render();
  }

  /** Answers a function that moves the bar one step on. */
  start(what: string, steps: number): () => void {
    if (!process.stdout.isTTY) return () => undefined;
    const bar = new SingleBar({
      stream: process.stdout,
      format: `  ${what} {bar} {value}/{total}`,
      barsize: 30,
      clearOnComplete: true,
      hideCursor: true,
    });
    bar.start(steps, 0);
    this.bar = bar;
    return () => bar.increment();
  }

  finish(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  /** Prints PASS or FAIL for one target; answers whether it was met. */
  verdict(passed: boolean, text: string): boolean {
    this.line(`  ${passed ? 'PASS' : 'FAIL'}  ${text}`);
    return passed;
  }
}

export function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
}

export function ratio(value: number): string {
  return value < 10 ? value.toFixed(2) : number(value);
}
