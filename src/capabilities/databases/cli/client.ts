import { z } from 'zod';
import { path } from '../../../cli/client.ts';
import { type CommandRow, given } from '../../../cli/command.ts';
import { usage } from '../../../cli/errors.ts';
import { type Io, watch } from '../../../cli/io.ts';
import { openSession, wantsSession } from '../../../cli/open-session.ts';
import { Accepted } from '../../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { databaseArgument, databaseOf, type FamilyWords } from './common.ts';

const Done = z.object({ ok: z.literal(true) });
/** What one request takes of what is typed. */
const PIECE = 48 * 1024;

/** Types a text into the operation, and at the end that there is no more. */
async function type(io: Io, operationId: string, texts: AsyncIterable<string>): Promise<Outcome<void>> {
  const at = path`/v1/operations/${operationId}/input`;
  for await (const text of texts) {
    for (let from = 0; from < text.length; from += PIECE) {
      const data = text.slice(from, from + PIECE);
      const sent = await io.api.send('POST', at, { source: 'stdin', data }, Done);
      if (isRefusal(sent)) return sent;
    }
  }
  const sent = await io.api.send('POST', at, { source: 'end' }, Done);
  return isRefusal(sent) ? sent : undefined;
}

async function* one(text: string): AsyncIterable<string> {
  yield `${text}\n`;
}

async function* typed(io: Io): AsyncIterable<string> {
  for await (const chunk of io.stdin.setEncoding('utf8')) yield chunk as string;
}

/** The engine's own client, run beside the server; its exit code is this command's. */
export const clientCommand = (words: FamilyWords): CommandRow => ({
  name: `${words.family}:${words.client}`,
  summary: 'Its own client: at your terminal, with statements from -c, or from standard input',
  args: [databaseArgument],
  options: [
    { flags: '-c, --command <statement>', description: 'run this and end' },
    { flags: '--no-terminal', description: 'no terminal, wherever it is typed' },
    { flags: '--record', description: 'keep what is typed and shown; see recordings' },
  ],
  examples: [
    `bastide ${words.family}:${words.client} ${words.example}`,
    `bastide ${words.family}:${words.client} ${words.example} -c '${words.statement}'`,
    `bastide ${words.family}:${words.client} ${words.example} < statements`,
  ],
  uses: ['getDatabase', 'queryDatabase', 'writeOperation', 'openDatabaseSession', 'joinSession'],
  async run(io, input) {
    const name = await databaseOf(io, input, words);
    if (isRefusal(name)) return name;
    const command = given(input, 'command');
    const record = input.options.record === true;
    // Statements that are told or piped go the plain way, unless they have to be recorded.
    if (wantsSession(io, input) && (record || (command === undefined && io.interactive)))
      return command === undefined
        ? openSession(io, path`/v1/databases/${name}/sessions`, { record })
        : usage('A session that is recorded takes no -c', 'Type the statement, or pipe it.');
    const asked = await io.api.send('POST', path`/v1/databases/${name}/queries`, undefined, Accepted);
    if (isRefusal(asked)) return asked;
    if (command === undefined && io.interactive)
      io.print.line('Type statements; an end of file (Ctrl-D) ends the session.');
    const typing = type(io, asked.operationId, command === undefined ? typed(io) : one(command));
    let code = 1;
    const lines: string[] = [];
    const done = await watch(io, asked, {
      quiet: true,
      onOutput: ({ source, data }) => {
        if (source === 'exit') code = Number(data);
        else if (io.print.json) lines.push(data);
        else io.print.raw(data, source);
      },
    });
    if (isRefusal(done)) return done;
    io.stdin.destroy();
    // An operation that has ended takes nothing more: what it said counts.
    await typing;
    if (io.print.json) io.print.done({ exitCode: code, output: lines.join('') }, '');
    return code;
  },
});
