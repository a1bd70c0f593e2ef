import { markdown, type Result } from './result.ts';

const HEAD = `# Performance

Generated from \`bench/results/\` by \`npm run bench -- report\`; do not edit. \`npm run bench\` measures everything again, in
lab hosts and directories of its own, and needs root on Debian 12. Compare numbers within a table only: they come from one
run on one machine. Ratios travel better than absolute numbers.
`;

/** Twice as much to do as there are cores and more: whoever reads the numbers should know. */
function busy({ load, cores }: Result['machine']): string {
  const [now = 0] = load;
  if (now <= cores / 2) return '';
  return `\n\n**The machine was busy with other work** (load average ${now} on ${cores} cores before the start): absolute numbers are too low, latencies too high, and small differences mean nothing.`;
}

const section = (result: Result): string => {
  const { machine, versions, commit } = result;
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `
## ${result.title}

\`\`\`sh
${result.command}
\`\`\`

${result.date.slice(0, 16).replace('T', ' ')} UTC · ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB · Linux ${machine.kernel} · load average ${machine.load.join(', ')} at the start · ${programs.join(', ')}${commit ? ` · commit ${commit}` : ''}${busy(machine)}

${result.tables.map((table) => `**${table.title}**\n\n${markdown(table)}\n`).join('\n')}
${result.notes.map((note) => `- ${note}\n`).join('')}`;
};

/** What matters most of all benches that say it, each beside its reference. */
function glance(results: readonly Result[]): string {
  const rows = results.flatMap(({ headlines = [] }) =>
    headlines.map(({ what, bastide, reference, against, ratio }) => [
      what,
      bastide,
      reference,
      ratio ?? '–',
      against,
    ]),
  );
  if (rows.length === 0) return '';
  const columns = ['what', 'Bastide', 'reference', 'Bastide / reference', 'the reference is'];
  return `\n## Data at a glance\n\n${markdown({ title: '', columns, rows })}\n`;
}

/** The page about performance, from the results of all benches. */
export const document = (results: readonly Result[]): string =>
  HEAD + glance(results) + results.map(section).join('');
