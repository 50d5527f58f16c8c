import process from 'node:process';

/** The specs under this title have titles that are worth reading at the end. */
const SIZES = 'the size of the matrix';

/** Says at the end, per database, how many specs passed, failed and were skipped, and closes with the plain total. */
export default class DatabaseReporter {
  #watch;
  #options;
  #counts = new Map();

  constructor(globalConfig, options) {
    this.#watch = globalConfig.watch || globalConfig.watchAll;
    this.#options = options;
  }

  onRunStart() {
    this.#sayWhatIsSkipped();
  }

  onTestResult(test, result) {
    const project = test.context.config.displayName.name;
    const count = this.#counts.get(project) ?? { passed: 0, failed: 0, skipped: 0, sizes: [] };
    count.passed += result.numPassingTests;
    count.failed += result.numFailingTests || (result.testExecError || result.failureMessage ? 1 : 0);
    count.skipped += result.numPendingTests + result.numTodoTests;
    const sizes = result.testResults.filter(({ ancestorTitles }) => ancestorTitles[0] === SIZES);
    count.sizes.push(...sizes.map(({ title }) => title));
    this.#counts.set(project, count);
  }

  onRunComplete() {
    if (this.#watch) this.#close();
    // Jest's own summary comes after all other reporters, and the total has to be the last line.
    else process.once('exit', () => this.#close());
  }

  #close() {
    const total = { passed: 0, failed: 0, skipped: 0 };
    print('');
    for (const [project, label] of Object.entries(this.#options.labels)) {
      const count = this.#counts.get(project);
      if (!count) continue;
      print(`${label}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
      if (count.sizes.length > 0) print(`${label}, matrix: ${count.sizes.join('; ')}`);
      for (const key of Object.keys(total)) total[key] += count[key];
    }
    this.#sayWhatIsSkipped();
    print(
      `${total.passed} passed, ${total.failed} failed` + (total.skipped ? `, ${total.skipped} skipped` : ''),
    );
  }

  #sayWhatIsSkipped() {
    for (const [project, why] of Object.entries(this.#options.skipped)) {
      print(`${this.#options.labels[project]}: SKIPPED (${why})`);
    }
  }
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
