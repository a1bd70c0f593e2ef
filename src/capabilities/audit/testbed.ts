import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { expect } from 'vitest';
import { buildVerifier } from '../../../packaging/lib/verifier.ts';
import { runner } from '../../adapters/exec/run.ts';
import type { Database } from '../../db/schema.ts';
import { type NoteKey, verifierKey } from '../../kernel/note.ts';
import { isRefusal, must } from '../../kernel/refusal.ts';
import type { Fault, Verdict } from './faults.ts';
import { exportPage } from './store/export.ts';
import { noteKey } from './store/keeping.ts';
import { checkpoints } from './store/leaves.ts';
import type { Held } from './verify.ts';

/** What is in the database only: entries that are no leaves, hashes that can be made anew, what no checkpoint covers. */
const inside = ({ kind, index, what }: Fault, size: number): boolean =>
  kind === 'unsealed' ||
  kind === 'unsigned' ||
  (kind === 'inserted' && index === null) ||
  what.startsWith('the hashes kept') ||
  (kind === 'altered' && (index ?? 0) >= size);

/** The auditors' stand-alone program, run on an export of the log as an attack left it. */
export async function offlineVerifier(key: NoteKey) {
  const dir = await mkdtemp(join(tmpdir(), 'bastide-offline-'));
  const program = join(dir, 'bastide-audit-verify.mjs');
  await buildVerifier(program);
  let found = 0;

  async function exported(db: Kysely<Database>): Promise<{ text: string; size: number } | undefined> {
    await noteKey(db, verifierKey(key));
    const page = await exportPage(db, { from: 0, limit: 100_000, whole: true });
    if (isRefusal(page)) return undefined;
    const { origin, size, retired } = page;
    const notes = (await checkpoints(db)).filter((one) => one.size <= size);
    const lines = [
      { format: 'bastide-audit/1', origin, key: page.key, whole: true, size, exportedAt: '' },
      ...(retired === null ? [] : [{ retired }]),
      ...notes.map(({ note }) => ({ checkpoint: note })),
      ...page.lines,
    ];
    return { text: lines.map((line) => `${JSON.stringify(line)}\n`).join(''), size };
  }

  return {
    /** How many logs it found broken. */
    found: () => found,
    /** It says of the export what the check says of the database, as far as an export shows it. */
    async compare(db: Kysely<Database>, held: readonly Held[], verdict: Verdict): Promise<void> {
      const made = await exported(db);
      if (!made) return;
      const [file, witness] = [join(dir, 'export.jsonl'), join(dir, 'witness.jsonl')];
      await writeFile(file, made.text);
      await writeFile(witness, held.map(({ note }) => `${JSON.stringify({ note })}\n`).join(''));
      const asked = held.length > 0 ? ['--witness', witness] : [];
      const argv = [process.execPath, program, file, '--key', verifierKey(key), '--json', ...asked] as const;
      const ran = must(await runner.run({ argv, cwd: dir, env: {} }));
      const shown = verdict.faults.filter((fault) => !inside(fault, made.size));
      expect(ran.code, ran.stderr).toBe(shown.length > 0 ? 1 : 0);
      const { faults } = JSON.parse(ran.stdout) as Verdict;
      const name = ({ kind, index }: Fault) => `${kind} ${index}`;
      if (shown[0]) expect(faults.map(name)).toContain(name(shown[0]));
      if (shown.length > 0) found += 1;
    },
    close: () => rm(dir, { recursive: true }),
  };
}
