import { createReadStream, fsyncSync, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { brokenLink, FIRST, hashOf } from '../adapters/vault/chain.ts';
import { JournalEntry, type JournalPage } from '../adapters/vault/port.ts';

export type Noted = Pick<JournalEntry, 'kind' | 'user' | 'address' | 'method' | 'path'>;

/** Equal notes within a minute: the first ones are lines of their own, the rest are one line with a count. */
const ALONE = 20;
const MINUTE = 60_000;
const PAGE = 500;

/** An append-only file of lines, each with the hash of the one before. */
export interface Journal {
  note(what: Noted): void;
  /** Writes what was counted and not written yet. */
  flush(): void;
  head(): { seq: number; hash: string };
  /** Lines after `seq` that this user may see. */
  after(seq: number, user: string): Promise<JournalPage>;
}

async function* lines(file: string): AsyncIterable<JournalEntry | undefined> {
  for await (const line of createInterface({ input: createReadStream(file, 'utf8') })) {
    const entry = JournalEntry.safeParse(parsed(line));
    yield entry.success ? entry.data : undefined;
  }
}

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

/** Opens it and checks every line; what a power cut tore is noted and stays. */
export async function openJournal(file: string, now: () => number): Promise<Journal> {
  const fd = openSync(file, 'a', 0o600);
  let last: JournalEntry | undefined;
  let torn = false;
  for await (const entry of lines(file)) {
    const sound = entry && hashOf(entry) === entry.hash;
    if (!sound || brokenLink([entry], last ?? { seq: 0, hash: FIRST }) !== undefined) torn = true;
    else last = entry;
  }
  let since = now();
  const seen = new Map<string, { count: number; written: number; what: Noted }>();

  const write = (what: Noted, count: number): void => {
    const entry = {
      seq: (last?.seq ?? 0) + 1,
      at: new Date(now()).toISOString(),
      ...what,
      method: what.method.slice(0, 20),
      path: what.path.slice(0, 200),
      count,
      previous: last?.hash ?? FIRST,
    };
    last = { ...entry, hash: hashOf(entry) };
    writeSync(fd, `${JSON.stringify(last)}\n`);
    fsyncSync(fd);
  };
  const flush = (): void => {
    for (const { count, written, what } of seen.values()) if (count > written) write(what, count - written);
    seen.clear();
    since = now();
  };
  if (torn) {
    writeSync(fd, '\n');
    write({ kind: 'torn', user: null, address: null, method: '', path: '' }, 1);
  }
  return {
    note(what) {
      if (now() - since > MINUTE) flush();
      const key = `${what.kind} ${what.user ?? ''}`;
      const one = seen.get(key) ?? { count: 0, written: 0, what };
      one.count += 1;
      one.what = what;
      seen.set(key, one);
      if (one.written >= ALONE) return;
      one.written += 1;
      write(what, 1);
    },
    flush,
    head: () => ({ seq: last?.seq ?? 0, hash: last?.hash ?? FIRST }),
    async after(seq, user) {
      const page: JournalPage = { entries: [], links: [], more: false };
      for await (const entry of lines(file)) {
        if (!entry || entry.seq <= seq) continue;
        if (page.links.length === PAGE) return { ...page, more: true };
        page.links.push({ seq: entry.seq, previous: entry.previous, hash: entry.hash });
        if (entry.user === null || entry.user === user) page.entries.push(entry);
      }
      return page;
    },
  };
}
