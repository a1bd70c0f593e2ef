import { EMPTY, type Growing, grow, rootOf } from '../../kernel/merkle.ts';
import { type Checkpoint, type NoteKey, openNote, parseCheckpoint } from '../../kernel/note.ts';
import { FAULTS_TOLD, type Fault, type Verdict } from './faults.ts';
import { changedFields, type Kept, leafOf, NO_LEAF, type Seal } from './record.ts';

/** A leaf as it was stored, with the entry that it was made of; null where the entry is not there. */
export interface Line extends Seal {
  readonly seq: number;
  /** The leaf's own hash, and those of the subtrees that it completes, if they are kept; hexadecimal. */
  readonly hashes: readonly string[];
  readonly entry: Kept | null;
}

/** A checkpoint and who holds it: `log`, or a witness's name. */
export interface Held {
  readonly by: string;
  readonly note: string;
}

/** An entry whose own time is so many milliseconds before that of one sealed earlier was put in later. */
const LATE = 600_000;

interface Mark extends Checkpoint {
  readonly by: string;
}

const RETENTION = 'the retention policy';
/** Who signs what the policy removes: a name beside the log's own, so that no statement passes for a checkpoint. */
export const retiredOrigin = (origin: string): string => `${origin}/retired`;

/** The time of a line below the root, such as `before 2026-…`. */
const stated = (mark: Checkpoint | undefined, word: string): string | undefined =>
  mark?.more.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);

/**
 * PURE with its state. Is given every line of a log in its order, and says what is wrong and where. `retired`: the
 * statements of the retention policy; what one of them covers may be gone, what none covers may not.
 */
export function verifier(
  origin: string,
  key: NoteKey,
  held: readonly Held[],
  retired: readonly string[] = [],
) {
  const faults: Fault[] = [];
  let more = 0;
  const fault = (kind: Fault['kind'], at: Partial<Line> & { time?: string }, what: string): void => {
    if (faults.length >= FAULTS_TOLD) more += 1;
    else
      faults.push({
        kind,
        index: at.index ?? null,
        seq: at.seq ?? null,
        at: at.entry?.at ?? at.time ?? at.sealedAt ?? null,
        what,
      });
  };

  const wrong = (by: string, what: string) => fault('unreadable', {}, `the checkpoint of ${by} ${what}`);
  const statements = readMarks(
    retiredOrigin(origin),
    key,
    retired.map((note) => ({ by: RETENTION, note })),
    wrong,
  );
  const marks = [...readMarks(origin, key, held, wrong), ...statements].sort((a, b) => a.size - b.size);
  const retirement = statements.at(-1);
  const retiredBefore = stated(retirement, 'before') ?? '';
  const timeOf = (mark: Mark): string | undefined => stated(mark, 'time');

  let tree: Growing = EMPTY;
  let before: Line | undefined;
  let newest = '';
  let compared = 0;
  let nextMark = 0;
  let sound = 0;
  let rewritten = false;
  let erased = 0;
  let gone = 0;
  const erasures = new Map<number, number>();
  const said = new Map<number, number>();

  /** With all checkpoints of the size that the tree has now: sound is what none of them contradicts. */
  function compare(): void {
    const here: Mark[] = [];
    for (; marks[nextMark]?.size === tree.size; nextMark += 1) here.push(marks[nextMark]!);
    if (here.length === 0) return;
    const root = rootOf(tree);
    compared += here.filter(({ by }) => by !== RETENTION).length;
    const other = here.filter((mark) => !mark.root.equals(root));
    if (other.some(({ by }) => by === RETENTION))
      fault(
        'rewritten',
        { index: 0 },
        `the statement of ${RETENTION} about the first ${tree.size} entries is of another history`,
      );
    const mark = other.find(({ by }) => by !== RETENTION);
    if (rewritten) return;
    if (!mark) {
      if (other.length === 0) sound = tree.size;
      return;
    }
    rewritten = true;
    const time = timeOf(mark);
    fault(
      'rewritten',
      { index: sound, ...(time ? { time } : {}) },
      `entries ${sound} to ${mark.size - 1} are not those of the checkpoint of ${mark.size} entries that ${mark.by} holds`,
    );
  }

  function readEntry(line: Line, entry: Kept): void {
    if (entry.seq !== line.seq || leafOf(entry, line).toString('hex') !== line.hashes[0])
      fault('altered', line, 'what it says is not what was sealed');
    else {
      const broken = changedFields(entry, line.committed);
      if (broken.length > 0) fault('altered', line, `changed since it was sealed: ${broken.join(', ')}`);
    }
    if (entry.erasedBy !== null) {
      erased += 1;
      erasures.set(entry.erasedBy, (erasures.get(entry.erasedBy) ?? 0) + 1);
    }
    const detail = entry.detail as { entries?: unknown } | null;
    if (entry.action === 'audit.erased' && typeof detail?.entries === 'number')
      said.set(entry.seq, detail.entries);
    if (
      newest !== '' &&
      Date.parse(newest) - Date.parse(entry.at) > LATE &&
      Date.parse(line.sealedAt) - Date.parse(entry.at) > LATE
    )
      fault('inserted', line, `it was put in after ${newest}, later than its own time says`);
    if (entry.at > newest) newest = entry.at;
  }

  return {
    add(line: Line): void {
      const expected = before === undefined ? 0 : before.index + 1;
      if (line.index > expected)
        fault(
          'removed',
          { index: expected, ...(before ? { time: before.sealedAt } : {}) },
          line.index === expected + 1
            ? 'the log has nothing in this place'
            : `the log has nothing from here to ${line.index - 1}`,
        );
      else if (line.index < expected) fault('reordered', line, `it stands after ${expected - 1}`);
      else if (line.previous !== (before?.hashes[0] ?? NO_LEAF))
        fault('reordered', line, 'it was not sealed after the entry that stands before it');
      if (line.entry) readEntry(line, line.entry);
      else if (retirement && line.index < retirement.size && line.sealedAt < retiredBefore) gone += 1;
      else fault('removed', line, 'the entry is gone');
      const grown = grow(tree, Buffer.from(line.hashes[0] ?? '', 'hex'));
      if (
        line.hashes.length > 1 &&
        grown.completed.map((hash) => hash.toString('hex')).join() !== line.hashes.join()
      )
        fault('altered', line, 'the hashes kept with it are not those of the tree');
      tree = grown.tree;
      before = line;
      compare();
    },

    /** After the last line. */
    end(): Verdict {
      for (const [by, count] of erasures)
        if (said.get(by) === undefined || count > said.get(by)!)
          fault(
            'erased_unsaid',
            { seq: by },
            `${count} entries were erased, and entry number ${by} does not say so`,
          );
      const own = marks.filter(({ by }) => by === 'log').at(-1);
      const last = before ?? {};
      const beyond = marks.filter(({ size }) => size > tree.size);
      const largest = beyond.at(-1);
      if (largest)
        fault(
          (own?.size ?? 0) > tree.size ? 'truncated' : 'rolled_back',
          { ...last, index: tree.size },
          `the log ends here; ${largest.by} holds a signed checkpoint of ${largest.size} entries${timeOf(largest) ? ` of ${timeOf(largest)}` : ''}`,
        );
      else if (tree.size > (marks.at(-1)?.size ?? 0))
        fault(
          'unsigned',
          { ...last, index: marks.at(-1)?.size ?? 0 },
          'no signed checkpoint covers the log from here on',
        );
      return {
        entries: tree.size,
        root: rootOf(tree).toString('base64'),
        checkpoints: compared,
        erased,
        retired: gone,
        retiredBefore: gone > 0 ? retiredBefore : null,
        faults,
        moreFaults: more,
      };
    },
    fault,
  };
}

/** The checkpoints, or statements, whose signature holds, the smallest first. */
function readMarks(
  origin: string,
  key: NoteKey,
  held: readonly Held[],
  wrong: (by: string, what: string) => void,
): Mark[] {
  const marks = held.flatMap(({ by, note }) => {
    const text = openNote(note, key);
    const read = text === undefined ? undefined : parseCheckpoint(text);
    if (read === undefined) wrong(by, 'is not signed by the key of this log');
    else if (read.origin !== origin) wrong(by, `is that of another log: ${read.origin}`);
    else return [{ ...read, by }];
    return [];
  });
  return marks.filter(({ size }) => size > 0).sort((a, b) => a.size - b.size);
}
