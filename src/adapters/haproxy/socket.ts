import { connect } from 'node:net';
import { type Outcome, Refusal } from '../../kernel/refusal.ts';
import { edgeUnreachable } from './errors.ts';

/** Asks one of HAProxy's unix sockets one thing. Ten seconds at most. */
export function ask(socket: string, command: string): Promise<Outcome<string>> {
  return new Promise((resolve) => {
    let text = '';
    const connection = connect(socket, () => connection.end(`${command}\n`));
    connection
      .setEncoding('utf8')
      .setTimeout(10_000, () => connection.destroy(new Error('no answer in ten seconds')));
    connection.on('data', (chunk: string) => {
      text += chunk;
    });
    connection.on('end', () => resolve(text));
    connection.on('error', (error) => resolve(edgeUnreachable(socket, error.message)));
  });
}

/** Several at once; the first refusal wins. */
export async function askAll(socket: string, commands: readonly string[]): Promise<Outcome<string[]>> {
  const answers: string[] = [];
  for (const command of commands) {
    const answer = await ask(socket, command);
    if (answer instanceof Refusal) return answer;
    answers.push(answer);
  }
  return answers;
}
