import type { Step } from '../../kernel/step.ts';

/** One archive; one that failed is written down as failed. */
export function planExport(
  row: { readonly id: string; readonly status: string },
  hasFailed: boolean,
): readonly Step[] {
  if (row.status !== 'pending') return [];
  const [kind, summary] = hasFailed
    ? ['giveUp', 'Give the export up']
    : ['write', 'Write everything of the project into an archive'];
  return [
    { capability: 'exports', kind, key: `exports.${kind}:${row.id}`, summary, input: { exportId: row.id } },
  ];
}
