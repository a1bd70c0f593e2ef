import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runner } from '../../src/adapters/exec/run.ts';
import { commit, type Kept, leafOf, NO_LEAF } from '../../src/capabilities/audit/record.ts';
import { EMPTY, grow, rootOf } from '../../src/kernel/merkle.ts';
import { formatNote, type NoteKey, renderCheckpoint, verifierKey } from '../../src/kernel/note.ts';
import { must } from '../../src/kernel/refusal.ts';
import { buildVerifier } from './verifier.ts';

let dir: string;
let program: string;
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const key: NoteKey = {
  name: 'example.org/audit',
  publicKey: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
};
const signed = (text: string): string => formatNote(text, key, sign(null, Buffer.from(text), privateKey));
const ENTRIES = 6;

/** A log of six entries with a checkpoint after four and after six, as an export has it. */
function exported() {
  const sealedAt = '2026-01-01T00:00:00.000Z';
  let tree = EMPTY;
  let previous = NO_LEAF;
  const notes: string[] = [];
  const lines = Array.from({ length: ENTRIES }, (_, index) => {
    const entry: Kept = {
      ...{ seq: index + 1, at: '2026-01-01T00:00:00.000001Z', actor: `p${index}`, action: 'apps:deploy' },
      ...{ target: 'app:shop', organizationId: null, outcome: 'done', reason: null, sourceAddress: null },
      ...{ requestId: null, operationId: null, detail: {}, salt: '11'.repeat(32), erasedBy: null },
    };
    const committed = commit(entry);
    const leaf = leafOf(entry, { index, previous, sealedAt, committed });
    tree = grow(tree, leaf).tree;
    const line = { index, seq: entry.seq, leaf: leaf.toString('hex'), previous, sealedAt, committed, entry };
    previous = line.leaf;
    if (index === 3 || index === 5)
      notes.push(
        signed(renderCheckpoint({ origin: key.name, size: tree.size, root: rootOf(tree), more: [] })),
      );
    return line;
  });
  const head = { format: 'bastide-audit/1', origin: key.name, key: verifierKey(key), whole: true };
  return { head: { ...head, size: ENTRIES, exportedAt: sealedAt }, notes, lines };
}

/** Runs it where there is nothing of Bastide beside it. */
async function verify(lines: readonly unknown[], ...options: string[]) {
  const file = join(dir, 'export.jsonl');
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const ran = must(
    await runner.run({ argv: [process.execPath, program, file, ...options], cwd: dir, env: {} }),
  );
  return { code: ran.code, said: ran.stdout + ran.stderr };
}
const whole = ({ head, notes, lines } = exported()) => [
  head,
  ...notes.map((checkpoint) => ({ checkpoint })),
  ...lines,
];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bastide-verifier-'));
  program = join(dir, 'bastide-audit-verify.mjs');
  await buildVerifier(program);
});
afterAll(() => rm(dir, { recursive: true }));

it('is one file that imports nothing but Node.js, and the same one every time', async () => {
  const text = await readFile(program, 'utf8');
  const imported = [...text.matchAll(/^import .* from ["']([^"']+)["'];$/gm)].map(([, from]) => from!);
  expect(imported.length).toBeGreaterThan(2);
  expect(imported.filter((from) => !from.startsWith('node:'))).toEqual([]);
  expect(text).not.toMatch(/require\(|import\(/);
  await buildVerifier(`${program}.again`);
  expect(await readFile(`${program}.again`, 'utf8')).toBe(text);
});

it('verifies a whole log, and says where no witness was asked', async () => {
  const ran = await verify(whole(), '--key', verifierKey(key));
  expect(ran).toMatchObject({ code: 0, said: expect.stringContaining('6 entries hold against 2 signed') });
  expect(ran.said).toContain('No witness was asked');
  const witness = join(dir, 'witness.jsonl');
  await writeFile(
    witness,
    exported()
      .notes.map((note) => `${JSON.stringify({ note })}\n`)
      .join(''),
  );
  const asked = await verify(whole(), '--key', verifierKey(key), '--witness', witness);
  expect(asked.code).toBe(0);
  expect(asked.said).not.toContain('No witness');
});

it('finds what was done to it, and where', async () => {
  const { head, notes, lines } = exported();
  const altered = lines.with(2, { ...lines[2]!, entry: { ...lines[2]!.entry, actor: 'mallory' } });
  const found = await verify(whole({ head, notes, lines: altered }), '--key', verifierKey(key));
  expect(found).toMatchObject({ code: 1, said: expect.stringContaining('altered: entry 2') });
  const cut = { head: { ...head, size: 4 }, notes: notes.slice(0, 1), lines: lines.slice(0, 4) };
  expect((await verify(whole(cut), '--key', verifierKey(key))).code).toBe(0);
  const witness = join(dir, 'newer.note');
  await writeFile(witness, notes[1]!);
  const told = await verify(whole(cut), '--key', verifierKey(key), '--witness', witness);
  expect(told).toMatchObject({ code: 1, said: expect.stringContaining('rolled back: entry 4') });
});

it('knows what the policy retired from what somebody removed', async () => {
  const { head, notes, lines } = exported();
  const gone = lines.map((line) => (line.index < 4 ? { ...line, entry: null } : line)) as typeof lines;
  const root = /^.*\n4\n(.*)\n/.exec(notes[0]!)![1]!;
  const text = renderCheckpoint({
    ...{ origin: `${key.name}/retired`, size: 4, root: Buffer.from(root, 'base64') },
    more: ['before 2026-06-01T00:00:00.000Z'],
  });
  const told: unknown[] = whole({ head, notes, lines: gone });
  const retired = await verify(told.toSpliced(1, 0, { retired: signed(text) }), '--key', verifierKey(key));
  expect(retired).toMatchObject({ code: 0, said: expect.stringContaining('4 were retired by policy') });
  const removed = await verify(told, '--key', verifierKey(key));
  expect(removed).toMatchObject({ code: 1, said: expect.stringContaining('removed: entry 0') });
});

it('takes no word of the file for its key, and refuses what it cannot read', async () => {
  expect(await verify(whole())).toMatchObject({ code: 2, said: expect.stringContaining('vouch for itself') });
  const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
  const wrong = verifierKey({ name: key.name, publicKey: other.subarray(-32) });
  expect((await verify(whole(), '--key', wrong)).code).toBe(1);
  expect((await verify(whole(), '--key', 'nonsense')).code).toBe(2);
  expect((await verify([{}], '--key', verifierKey(key))).code).toBe(2);
  expect((await verify(whole(), '--key', verifierKey(key), '--witness', join(dir, 'none'))).code).toBe(2);
  expect((await verify(whole(), '--nonsense')).code).toBe(2);
});
