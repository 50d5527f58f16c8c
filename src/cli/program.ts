import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { ErrorCode } from '../errors';
import { KINDS } from '../expiry/kind';
import * as presets from '../expiry/presets';
import { VERSION } from '../version';
import { doctor } from './commands/doctor';
import { erase, exportUser, purge, revoke } from './commands/end';
import { ended, list, preview, stats } from './commands/look';
import { uninstall } from './commands/uninstall';
import { contextOf, type Context } from './context';
import { CommandError, EXIT } from './failure';
import { plain } from './output';
import { ServerError } from './server';

const HELP = `
The master key comes from PARSE_SERVER_MASTER_KEY, or is asked for; it is never an argument. With the read-only
master key everything that only looks works.

Exit codes: 0 done; 1 failed, or refused by the server; 2 a wrong argument, or not agreed to; 3 the doctor found a
warning, 4 an error; 5 the server runs without this package.`;

const wholeNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It takes a whole number.');
  return Number(text);
};

type Action<Args extends unknown[]> = (context: Context, ...args: Args) => Promise<number | void>;

/** The commands. Each action gets what it works with, then what commander has read. @param exit takes the exit code. */
export function makeProgram(exit: (code: number) => void): Command {
  const program = new Command('parse-server-sessions')
    .description('Looks after the sessions of a Parse Server that has parse-server-sessions mounted.')
    .version(VERSION)
    .addOption(new Option('--server-url <url>', 'where Parse Server is').env('PARSE_SERVER_URL'))
    .addOption(new Option('--app-id <id>', 'its application id').env('PARSE_SERVER_APPLICATION_ID'))
    .option('--function-prefix <prefix>', 'the option functionPrefix of that server', '')
    .option('--json', 'answer JSON')
    .option('--insecure', 'send the key in plain text, to a server in a network of your own')
    .addHelpText('after', HELP)
    .showHelpAfterError('(add --help for what it takes)')
    .exitOverride();

  /** Has a command do its work, and end with its exit code. */
  const does = <Args extends unknown[]>(act: Action<Args>) =>
    async function (this: Command, ...args: [...Args, Command] | unknown[]): Promise<void> {
      // Commander hands on the arguments, the options, and the command.
      const given = args.slice(0, -1) as Args;
      try {
        exit((await act(await contextOf(this), ...given)) ?? EXIT.done);
      } catch (error) {
        process.stderr.write(`${plain(toldOf(error))}\n`);
        exit(exitCodeOf(error));
      }
    };

  program
    .command('doctor')
    .description('tell what is well with the sessions, and what is not')
    .action(does(doctor));
  program.command('stats').description('count the sessions').action(does(stats));

  program
    .command('list')
    .description('list sessions')
    .option('--user <user>', 'of a user: id, user name or e-mail address')
    .option('--ip <address>', 'last used from this address')
    .addOption(new Option('--kind <kind>', 'of one kind').choices(KINDS))
    .addOption(
      new Option('--sort <date>', 'by which date').choices(['lastAccessedAt', 'createdAt', 'expiresAt']),
    )
    .addOption(new Option('--order <order>', 'in which order').choices(['desc', 'asc']))
    .option('--limit <number>', 'so many, 100 at most', wholeNumber)
    .option('--after <place>', 'the next page')
    .action(does(list));

  program
    .command('ended')
    .description('tell why the sessions of a user ended')
    .requiredOption('--user <user>', 'id, user name or e-mail address')
    .option('--limit <number>', 'so many, 1,000 at most', wholeNumber)
    .option('--skip <number>', 'without the first so many', wholeNumber)
    .action(does(ended));

  program
    .command('revoke')
    .description('sign out a session, a user, or all sessions that a filter means')
    .addArgument(new Argument('[id]', 'of a session'))
    .option('--user <user>', 'all sessions of this user: id, user name or e-mail address')
    .addOption(new Option('--kind <kind>', 'filter: of one kind').choices(KINDS))
    .option('--ip <address>', 'filter: last used from this address')
    .option('--created-before <date>', 'filter: made before, in ISO 8601')
    .option('--last-accessed-before <date>', 'filter: last used before, in ISO 8601')
    .option('--auth-provider <name>', 'filter: logged in with this, such as password or facebook')
    .option('--all', 'filter: all sessions')
    .option('--note <text>', 'why; operators see it')
    .option('--dry-run', 'only count what a filter means')
    .option('--yes', 'do not ask')
    .action(does(revoke));

  program
    .command('purge')
    .description('delete expired sessions')
    .option('--dry-run', 'only count them')
    .option('--older-than <duration>', 'only those that expired so long ago, such as 7d')
    .option('--orphans', 'also sessions whose user is gone')
    .option('--batch-size <rows>', 'rows per statement', wholeNumber)
    .action(does(purge));

  program
    .command('preview')
    .description('count the sessions that an expiry policy would end')
    .addOption(new Option('--preset <name>', 'a policy of this package').choices(Object.keys(presets)))
    .option('--expiry <json>', 'the option expiry, as JSON')
    .action(does(preview));

  program
    .command('export')
    .description('answer everything that is kept about a user, as JSON')
    .addArgument(new Argument('<user>', 'id, user name or e-mail address'))
    .action(does((context, user: string) => exportUser(context, user)));

  program
    .command('erase')
    .description('remove what is kept about a user')
    .addArgument(new Argument('<user>', 'id, user name or e-mail address'))
    .option('--yes', 'do not ask')
    .action(does(erase));

  program
    .command('uninstall')
    .description('revoke what Parse Server alone would take for full sessions, and tell what may be dropped')
    .option('--yes', 'do it; without it nothing is changed')
    .action(does(uninstall));

  return program;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return error.exitCode;
  // What the server takes for wrong is so.
  const isWrong = error instanceof ServerError && error.code === ErrorCode.VALIDATION_ERROR;
  return isWrong ? EXIT.usage : EXIT.failed;
}

function toldOf(error: unknown): string {
  if (error instanceof ServerError)
    return `Parse Server answered ${error.code ?? error.status}: ${error.message}`;
  return (error as Error).message;
}
