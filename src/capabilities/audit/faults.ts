/** What is wrong with the log, and where. */
export interface Fault {
  readonly kind:
    | 'altered'
    | 'removed'
    | 'inserted'
    | 'reordered'
    | 'truncated'
    | 'rolled_back'
    | 'rewritten'
    | 'unsigned'
    | 'unsealed'
    | 'erased_unsaid'
    | 'unreadable';
  /** Place in the log, from 0; null where there is none. */
  readonly index: number | null;
  /** The entry's own number; null where it is not known. */
  readonly seq: number | null;
  /** When the entry, or the nearest that is known, was written or sealed. */
  readonly at: string | null;
  /** A sentence for people. */
  readonly what: string;
}

/** More are counted only. */
export const FAULTS_TOLD = 200;

export interface Verdict {
  /** Leaves that were looked at. */
  readonly entries: number;
  /** The tree's hash over all of them, base64. */
  readonly root: string;
  /** Signed checkpoints that were compared with the tree, of the log's own and of witnesses. */
  readonly checkpoints: number;
  /** Entries whose personal fields were erased. */
  readonly erased: number;
  /** Entries that the retention policy removed, by a signed statement; their leaves are there. */
  readonly retired: number;
  /** What it removed was sealed before this. */
  readonly retiredBefore: string | null;
  readonly faults: readonly Fault[];
  readonly moreFaults: number;
}

/** One line per fault, for a terminal, an alert, a log. */
export const told = ({ kind, index, seq, at, what }: Fault): string => {
  const where = [
    index === null ? '' : `entry ${index}`,
    seq === null ? '' : `number ${seq}`,
    at === null ? '' : `of ${at}`,
  ].filter(Boolean);
  return `${kind.replace('_', ' ')}${where.length > 0 ? `: ${where.join(', ')}` : ''}: ${what}`;
};

/** What the policy removed, as the end of a sentence; nothing where it removed nothing. */
export const toldRetired = ({
  retired,
  retiredBefore,
}: Pick<Verdict, 'retired' | 'retiredBefore'>): string =>
  retired === 0 ? '' : `; ${retired} were retired by policy, all sealed before ${retiredBefore}`;
