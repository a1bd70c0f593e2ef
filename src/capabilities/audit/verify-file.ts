import { rootFromInclusion } from '../../kernel/merkle.ts';
import { type NoteKey, openNote, parseCheckpoint, parseVerifierKey } from '../../kernel/note.ts';
import { FAULTS_TOLD, type Fault, type Verdict } from './faults.ts';
import { type Committed, changedFields, type Kept, leafOf } from './record.ts';
import { type Held, type Line, verifier } from './verify.ts';

/** What an export begins with. `whole`: all of the log; else a part, whose lines each bring a proof. */
export interface Head {
  readonly format: 'bastide-audit/1';
  readonly origin: string;
  readonly key: string;
  readonly whole: boolean;
  readonly size: number;
  readonly exportedAt: string;
}

interface Read extends Line {
  readonly proof: readonly string[] | undefined;
}

/** Whether the file's own key is to be taken, or one that came another way. */
export interface Trust {
  readonly key: NoteKey | undefined;
  readonly witnessed: readonly Held[];
}

export interface FileVerdict extends Verdict {
  readonly origin: string;
  /** Who holds it: a part of a log cannot show that nothing was left out. */
  readonly whole: boolean;
  /** False: the key that signed is the file's own word. */
  readonly keyWasGiven: boolean;
}

const parsed = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

const HEX = /^[0-9a-f]{64}$/;

function readLine(value: Record<string, unknown>): Read | undefined {
  const { index, seq, leaf, previous, sealedAt, committed, entry, proof } = value;
  const sound =
    Number.isSafeInteger(index) &&
    Number.isSafeInteger(seq) &&
    typeof sealedAt === 'string' &&
    [leaf, previous].every((hash) => typeof hash === 'string' && HEX.test(hash)) &&
    typeof committed === 'object' &&
    committed !== null &&
    typeof entry === 'object' &&
    (proof === undefined || (Array.isArray(proof) && proof.every((hash) => typeof hash === 'string')));
  if (!sound) return undefined;
  return {
    index: index as number,
    seq: seq as number,
    hashes: [leaf as string],
    previous: previous as string,
    sealedAt,
    committed: committed as Committed,
    entry: entry as Kept | null,
    proof: proof as string[] | undefined,
  };
}

/** A part of a log: every line by its own proof. */
function partial(head: Head, key: NoteKey, held: readonly Held[]) {
  const faults: Fault[] = [];
  let entries = 0;
  let erased = 0;
  let more = 0;
  const fault = (kind: Fault['kind'], line: Partial<Read>, what: string): void => {
    if (faults.length >= FAULTS_TOLD) more += 1;
    else
      faults.push({
        kind,
        index: line.index ?? null,
        seq: line.seq ?? null,
        at: line.entry?.at ?? line.sealedAt ?? null,
        what,
      });
  };
  const text = held.map(({ note }) => openNote(note, key)).find((one) => one !== undefined);
  const checkpoint = text === undefined ? undefined : parseCheckpoint(text);
  if (checkpoint?.origin !== head.origin || checkpoint.size !== head.size)
    fault('unsigned', {}, 'no checkpoint of this size is signed by the key of this log');
  let before = -1;
  return {
    fault,
    add(line: Read): void {
      entries += 1;
      if (line.index <= before) fault('reordered', line, `it stands after entry ${before}`);
      before = line.index;
      const { entry } = line;
      if (!entry) {
        fault('removed', line, 'the entry is gone');
        return;
      }
      if (entry.seq !== line.seq || leafOf(entry, line).toString('hex') !== line.hashes[0]) {
        fault('altered', line, 'what it says is not what was sealed');
        return;
      }
      if (entry.erasedBy !== null) erased += 1;
      const broken = changedFields(entry, line.committed);
      if (broken.length > 0) fault('altered', line, `changed since it was sealed: ${broken.join(', ')}`);
      const proof = (line.proof ?? []).map((hash) => Buffer.from(hash, 'base64'));
      const root = rootFromInclusion(Buffer.from(line.hashes[0], 'hex'), line.index, head.size, proof);
      if (checkpoint && !root?.equals(checkpoint.root))
        fault('inserted', line, 'it is not in the signed tree');
    },
    end: (): Verdict => ({
      entries,
      root: checkpoint?.root.toString('base64') ?? '',
      checkpoints: checkpoint ? 1 : 0,
      erased,
      retired: 0,
      retiredBefore: null,
      faults,
      moreFaults: more,
    }),
  };
}

/**
 * Verifies an export, line by line, with nothing but the file, the log's key and what witnesses hold. Undefined where
 * the file does not begin like an export.
 */
export async function verifyFile(
  texts: AsyncIterable<string>,
  trust: Trust,
): Promise<FileVerdict | undefined> {
  let head: Head | undefined;
  let key: NoteKey | undefined;
  let check: ReturnType<typeof verifier> | ReturnType<typeof partial> | undefined;
  const held: Held[] = [];
  const retired: string[] = [];
  let number = 0;
  for await (const text of texts) {
    number += 1;
    if (text === '') continue;
    const value = parsed(text);
    if (head === undefined) {
      if (value?.format !== 'bastide-audit/1' || typeof value.origin !== 'string') return undefined;
      head = value as unknown as Head;
      key = trust.key ?? parseVerifierKey(String(value.key));
      if (!key) return undefined;
    } else if (typeof value?.checkpoint === 'string' && !check) {
      held.push({ by: 'log', note: value.checkpoint });
    } else if (typeof value?.retired === 'string' && !check) {
      retired.push(value.retired);
    } else {
      check ??= open(head, key!, { held, retired }, trust);
      const line = value && readLine(value);
      if (line) (check.add as (line: Read) => void)(line);
      else check.fault('unreadable', {}, `line ${number} of the file`);
    }
  }
  if (head === undefined || key === undefined) return undefined;
  check ??= open(head, key, { held, retired }, trust);
  return {
    ...check.end(),
    origin: head.origin,
    whole: head.whole,
    keyWasGiven: trust.key !== undefined,
  };
}

interface Told {
  readonly held: readonly Held[];
  readonly retired: readonly string[];
}

const open = (head: Head, key: NoteKey, { held, retired }: Told, { witnessed }: Trust) =>
  head.whole ? verifier(head.origin, key, [...held, ...witnessed], retired) : partial(head, key, held);
