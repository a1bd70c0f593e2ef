import { z } from 'zod';
import { isRefusal } from '../kernel/refusal.ts';
import type { Client } from './client.ts';
import type { CommandRow } from './command.ts';

/** What a word on the command line is the name of, where the server knows the names. */
export type Named = 'app' | 'project' | 'organization' | 'database';

const NAMED: ReadonlySet<string> = new Set(['app', 'project', 'organization', 'database']);
/** Nouns whose argument `name` is one that is there; of a `:create` it is a new one. */
const NOUNS: Readonly<Record<string, Named>> = {
  apps: 'app',
  projects: 'project',
  organizations: 'organization',
};

interface Flag {
  readonly names: readonly string[];
  readonly value: string | undefined;
}

/** PURE. `-a, --app <app>`, taken apart. */
function flagOf(flags: string): Flag {
  const value = /<([a-z]+)>/.exec(flags)?.[1];
  return { names: flags.match(/--?[a-z-]+/g) ?? [], value };
}

const ofFlag = ({ names }: Flag): Named | undefined => {
  const long = names.find((name) => name.startsWith('--'))?.slice(2) ?? '';
  return NAMED.has(long) ? (long as Named) : undefined;
};

/**
 * PURE. Which names could stand where the cursor is, and what there is of the word already. `words`: as typed after
 * `bastide`, the last one unfinished.
 */
export function wanted(
  rows: readonly CommandRow[],
  words: readonly string[],
): { readonly kind: Named; readonly begun: string } | undefined {
  const row = rows.find(({ name }) => name === words[0]);
  const last = words.at(-1);
  if (!row || last === undefined || words.length < 2) return undefined;
  const flags = (row.options ?? []).map((option) => flagOf(option.flags));
  const find = (word: string) => flags.find(({ names }) => names.includes(word));
  const [name = '', begun] = last.split('=', 2);
  if (last.startsWith('--') && begun !== undefined) {
    const kind = ofFlag(find(name) ?? { names: [], value: undefined });
    return kind && { kind, begun };
  }
  if (last.startsWith('-')) return undefined;
  const before = find(words.at(-2)!);
  if (before?.value !== undefined) {
    const kind = ofFlag(before);
    return kind && { kind, begun: last };
  }
  let place = 0;
  for (let at = 1; at < words.length - 1; at += 1) {
    if (find(words[at]!)?.value !== undefined) at += 1;
    else if (!words[at]!.startsWith('-')) place += 1;
  }
  const argument = row.args?.[place];
  if (!argument || argument.rest) return undefined;
  const noun = NOUNS[row.name.split(':')[0]!];
  const kind = NAMED.has(argument.name)
    ? (argument.name as Named)
    : argument.name === 'name' && !row.name.endsWith(':create')
      ? noun
      : undefined;
  return kind && { kind, begun: last };
}

const Listed = z.record(z.string(), z.array(z.looseObject({ name: z.string() })));

/** The names that begin so; none where the server does not answer: nobody asked for an error. */
export async function namesOf(api: Client, kind: Named, begun: string): Promise<string[]> {
  const list = await api.get(`/v1/${kind}s`, Listed);
  if (isRefusal(list)) return [];
  return (list[`${kind}s`] ?? []).map(({ name }) => name).filter((name) => name.startsWith(begun));
}

/** As the shells' scripts read it: a line each, then that files are not meant. */
export const offered = (names: readonly string[]): string =>
  `${names.map((name) => `${name}\t\n`).join('')}:4\n`;

/**
 * Completion for bash. By spaces alone, as a colon is a part of a command's name here, and without the package
 * `bash-completion`; what was typed is handed on and never run.
 */
export const bashScript = `# bash completion for bastide
_bastide() {
    local line=\${COMP_LINE:0:COMP_POINT} cur part value i words
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    cur=\${words[\${#words[@]}-1]}
    part=$cur
    [[ $cur == --*=* ]] && part=\${cur#*=}
    COMPREPLY=()
    while IFS=$'\\t' read -r value _; do
        [[ $value == :* || $value != "$part"* ]] || COMPREPLY+=("$value")
    done < <(bastide complete -- "\${words[@]:1}" 2>/dev/null)
    # bash replaces what comes after the last colon only.
    if [[ $part == *:* && $COMP_WORDBREAKS == *:* ]]; then
        for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]=\${COMPREPLY[i]#"\${part%"\${part##*:}"}"}; done
    fi
}
complete -o default -F _bastide bastide
`;
