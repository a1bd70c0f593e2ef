import type { Outcome } from '../../../kernel/refusal.ts';
import { ProcessName } from '../model.ts';
import { procfileInvalid } from './errors.ts';
import { CommandText } from './model.ts';

export interface Procfile {
  readonly processes: Readonly<Record<string, string>>;
  readonly release?: string;
}

const MAX_PROCESSES = 20;

/** Reads a Procfile (Heroku's format): `name: command`, `#` comments, blank lines. Refuses what it cannot read. */
export function parseProcfile(text: string): Outcome<Procfile> {
  const processes: Record<string, string> = {};
  let release: string | undefined;
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    if (colon < 1) return procfileInvalid(index + 1, 'there is no `name: command`');
    const name = ProcessName.safeParse(line.slice(0, colon).trim());
    if (!name.success)
      return procfileInvalid(index + 1, name.error.issues[0]?.message ?? 'the name is not allowed');
    const command = CommandText.safeParse(line.slice(colon + 1).trim());
    if (!command.success) return procfileInvalid(index + 1, `${name.data} has no command of one plain line`);
    if (Object.hasOwn(processes, name.data) || (name.data === 'release' && release !== undefined))
      return procfileInvalid(index + 1, `${name.data} is named twice`);
    if (name.data === 'release') release = command.data;
    else processes[name.data] = command.data;
    if (Object.keys(processes).length > MAX_PROCESSES)
      return procfileInvalid(index + 1, `there are more than ${MAX_PROCESSES} processes`);
  }
  return { processes, ...(release === undefined ? {} : { release }) };
}
