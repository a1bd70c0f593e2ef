import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { databaseCommandFailed } from '../databases/errors.ts';
import type { Session } from '../databases/port.ts';
import { administer } from './commands.ts';

/** A session of the administrator's that stays open between statements. */
export interface Talk {
  /** Sends statements and answers the lines until the one that is `last`. Refuses when the session ended before it. */
  say(statements: string, last: string): Promise<Outcome<readonly string[]>>;
  /** The same where the last line begins with a word. */
  ask(statement: string, word: string): Promise<Outcome<string>>;
  end(): Promise<void>;
}

export function talk(session: Session, signal: AbortSignal): Talk {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  let text = '';
  let failure: Outcome<void>;
  let over = false;
  stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    stdout.emit('more');
  });
  const ended = session.stream(administer(), { stdin, stdout, signal }).then((done) => {
    over = true;
    failure = isRefusal(done)
      ? done
      : databaseCommandFailed(session.instance.name, 'do as asked', done.stderr);
    stdout.emit('more');
  });

  async function until(isLast: (line: string) => boolean): Promise<Outcome<readonly string[]>> {
    for (;;) {
      const lines = text.split('\n').slice(0, -1);
      const at = lines.findIndex(isLast);
      if (at >= 0) {
        text = text.slice(lines.slice(0, at + 1).join('\n').length + 1);
        return lines.slice(0, at + 1);
      }
      if (over) return isRefusal(failure) ? failure : [];
      await once(stdout, 'more');
    }
  }
  return {
    async say(statements, last) {
      stdin.write(statements);
      const lines = await until((line) => line === last);
      return isRefusal(lines) ? lines : lines.slice(0, -1);
    },
    async ask(statement, word) {
      stdin.write(statement);
      const lines = await until((line) => line.startsWith(`${word} `));
      return isRefusal(lines) ? lines : lines.at(-1)!.slice(word.length + 1);
    },
    async end() {
      stdin.end();
      await ended;
    },
  };
}
