import type { DoctorReport } from '../../doctor/doctor';
import type { Level } from '../../doctor/finding';
import type { Context } from '../context';
import { CommandError, EXIT, type ExitCode } from '../failure';
import { plain, type Output } from '../output';

const EXITS: Readonly<Record<Level, ExitCode>> = {
  ok: EXIT.done,
  notice: EXIT.done,
  warning: EXIT.warning,
  error: EXIT.error,
};

const STYLES = { ok: 'green', notice: 'cyan', warning: 'yellow', error: 'red' } as const;

/** Tells what is well, and what is not. */
export async function doctor({ server, output }: Context): Promise<ExitCode> {
  const report = await server.call<DoctorReport>('sessionDoctor').catch(error => {
    if (!(error instanceof CommandError) || error.exitCode !== EXIT.notMounted) throw error;
    throw new CommandError(`${error.message} Nothing is guarded.`, EXIT.notMounted);
  });
  const { level } = Object(report) as DoctorReport;
  if (!Object.hasOwn(EXITS, level)) {
    throw new CommandError(
      'The server answered no report that this command knows: it may be of another version.',
    );
  }
  output.answer(report, () => drawn(report, output));
  return EXITS[level];
}

function drawn({ level, findings }: DoctorReport, { style }: Output): string {
  const lines = findings.flatMap(({ check, level, what, why, todo, link }) => [
    `${style(STYLES[level], plain(level).padEnd(8))}${style('bold', plain(check))}: ${plain(what)}`,
    ...(todo === null
      ? []
      : [`        Why: ${plain(why)}`, `        Do:  ${plain(todo)}`, `        See: ${plain(link)}`]),
  ]);
  const open = findings.filter(one => one.level !== 'ok').length;
  return [
    ...lines,
    '',
    `${findings.length} checks, ${open} to look at. Worst: ${style(STYLES[level], level)}.`,
  ].join('\n');
}
