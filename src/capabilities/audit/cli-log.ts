import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { path, query } from '../../cli/client.ts';
import { type CommandRow, given, type Input } from '../../cli/command.ts';
import { noServer } from '../../cli/errors.ts';
import { type Io, watch } from '../../cli/io.ts';
import { type NoteKey, parseVerifierKey } from '../../kernel/note.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { auditBroken, auditFileUnreadable, auditKeyInvalid } from './errors.ts';
import { told, toldRetired } from './faults.ts';
import { CheckpointPage, ExportPage, LogStatus, VerdictView } from './model.ts';
import { parseWitnessFile } from './parse.ts';
import type { Held } from './verify.ts';
import { verifyFile } from './verify-file.ts';

const minute = (at: string | null) => at?.slice(0, 16).replace('T', ' ') ?? null;

async function exportTo(io: Io, organization: string | undefined, write: (line: unknown) => Promise<void>) {
  const at = organization
    ? path`/v1/organizations/${organization}/audit/export`
    : '/v1/platform/audit/export';
  let size: number | undefined;
  let lines = 0;
  for (let from: number | null = 0; from !== null; ) {
    const page: Outcome<ExportPage> = await io.api.get(
      `${at}${query({ from, size, limit: 500 })}`,
      ExportPage,
    );
    if (isRefusal(page)) return page;
    if (size === undefined) {
      const { origin, key } = page;
      size = page.size;
      const whole = organization === undefined;
      const exportedAt = new Date().toISOString();
      await write({ format: 'bastide-audit/1', origin, key, whole, size, exportedAt });
      if (page.retired !== null) await write({ retired: page.retired });
      if (!whole) await write({ checkpoint: page.checkpoint });
      else {
        const told = await exportCheckpoints(io, size, write);
        if (isRefusal(told)) return told;
      }
    }
    for (const line of page.lines) await write(line);
    lines += page.lines.length;
    from = page.next;
  }
  return { lines, size };
}

async function exportCheckpoints(
  io: Io,
  size: number,
  write: (line: unknown) => Promise<void>,
): Promise<Outcome<void>> {
  for (let after = 0; ; ) {
    const page = await io.api.get(`/v1/platform/audit/checkpoints${query({ after })}`, CheckpointPage);
    if (isRefusal(page)) return page;
    for (const one of page.checkpoints) if (one.size <= size) await write({ checkpoint: one.note });
    const last = page.checkpoints.at(-1);
    if (!last || last.size >= size) return undefined;
    after = last.size;
  }
}

async function keyFrom(text: string): Promise<Outcome<NoteKey>> {
  const read = parseVerifierKey(text) ?? parseVerifierKey(await readFile(text, 'utf8').catch(() => ''));
  return read ?? auditKeyInvalid();
}

/** Without a server: a file, and what came another way. */
async function verifyOffline(io: Io, input: Input, file: string): Promise<Outcome<number | undefined>> {
  const named = given(input, 'key');
  const key = named === undefined ? undefined : await keyFrom(named);
  if (isRefusal(key)) return key;
  const witnessed: Held[] = [];
  const held = given(input, 'checkpoints');
  if (held !== undefined) {
    const text = await readFile(held, 'utf8').catch(() => undefined);
    if (text === undefined) return auditFileUnreadable(held);
    witnessed.push(...parseWitnessFile(text).map((note) => ({ by: held, note })));
  }
  const stream = createReadStream(file, 'utf8');
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  const verdict = await verifyFile(lines, { key, witnessed }).catch(() => undefined);
  if (!verdict) return auditFileUnreadable(file);
  const { entries, faults, moreFaults, whole, keyWasGiven, checkpoints } = verdict;
  const gone = toldRetired(verdict);
  if (faults.length > 0) return auditBroken(entries, faults.map(told), moreFaults);
  const trust = keyWasGiven ? '' : '; the key is the file’s own word: give --key to be sure';
  const reach = whole ? '' : '; a part of the log cannot show that nothing was left out';
  io.print.done(
    verdict,
    `${entries} entries hold against ${checkpoints} signed checkpoints${gone}${reach}${trust}`,
  );
  return undefined;
}

async function verifyOnline(io: Io): Promise<Outcome<number | undefined>> {
  if (io.api.server === '') return noServer();
  const done = await watch(io, await io.api.send('POST', '/v1/platform/audit/verify', undefined, Accepted));
  if (isRefusal(done) || done === undefined) return done;
  const verdict = VerdictView.safeParse(done.result);
  if (!verdict.success) return undefined;
  const { entries, faults, moreFaults, checkpoints, erased } = verdict.data;
  if (faults.length > 0)
    return auditBroken(
      entries,
      faults.map((one) => told(one as never)),
      moreFaults,
    );
  io.print.done(
    verdict.data,
    `${entries} entries hold against ${checkpoints} signed checkpoints; ${erased} have their personal fields erased${toldRetired(verdict.data)}`,
  );
  return undefined;
}

/** Door 2 of what makes the log one that nobody can alter. */
export const logCommands: readonly CommandRow[] = [
  {
    name: 'audit:verify',
    summary:
      'Prove that nothing in the audit log was altered, removed, put in, reordered, cut off or rolled back',
    options: [
      { flags: '--file <file>', description: 'an export, verified here and without a server' },
      {
        flags: '--key <key>',
        description: "with --file: the log's key or a file with it, from somebody you trust",
      },
      { flags: '--checkpoints <file>', description: 'with --file: what a witness holds' },
    ],
    examples: [
      'bastide audit:verify',
      'bastide audit:verify --file audit.jsonl --key audit.pub --checkpoints checkpoints.jsonl',
    ],
    uses: ['verifyAudit', 'followOperation'],
    async run(io, input) {
      const file = given(input, 'file');
      return file === undefined ? verifyOnline(io) : verifyOffline(io, input, file);
    },
  },
  {
    name: 'audit:export',
    summary: 'The audit log as JSON lines, with what proves it',
    args: [
      { name: 'organization', description: 'the organization; the whole log for operators', optional: true },
    ],
    options: [{ flags: '--output <file>', description: 'where to write it; else it is printed' }],
    examples: ['bastide audit:export acme --output audit.jsonl', 'bastide audit:export --output audit.jsonl'],
    uses: ['exportAudit', 'exportPlatformAudit', 'listAuditCheckpoints'],
    async run(io, input) {
      const file = given(input, 'output');
      const to = file === undefined ? undefined : await open(file, 'w', 0o600);
      try {
        const done = await exportTo(io, input.args.organization, async (line) => {
          const text = `${JSON.stringify(line)}\n`;
          if (to) await to.write(text);
          else io.print.raw(text);
        });
        if (isRefusal(done)) return done;
        if (file !== undefined)
          io.print.done(
            { file, ...done },
            `Wrote ${done.lines} entries to ${file}. Next: bastide audit:verify --file ${file}`,
          );
        return undefined;
      } finally {
        await to?.close();
      }
    },
  },
  {
    name: 'audit:status',
    summary: "How the audit log is sealed and witnessed, and the log's key",
    examples: ['bastide audit:status'],
    uses: ['getAuditStatus'],
    async run(io) {
      const status = await io.api.get('/v1/platform/audit/status', LogStatus);
      if (isRefusal(status)) return status;
      io.print.record(status, {
        key: status.key,
        sealed: `${status.size} entries; ${status.unsealed} wait`,
        'last checked': minute(status.checkedAt),
        faults: status.faults,
      });
      if (io.print.json) return undefined;
      io.print.table(status.outlets, {
        to: (o) => o.name,
        holds: (o) => o.position,
        since: (o) => minute(o.reachedAt),
        failing: (o) => minute(o.failingSince),
        failure: (o) => o.failure,
      });
      return undefined;
    },
  },
  {
    name: 'audit:erase',
    summary: 'Erase name, address and reasons of an account from the audit log, which holds all the same',
    args: [{ name: 'account', description: 'name of the account' }],
    examples: ['bastide audit:erase ann --reason "asked for by letter"'],
    uses: ['eraseFromAudit', 'followOperation'],
    async run(io, input) {
      const asked = await io.api.send(
        'POST',
        '/v1/platform/audit/erase',
        { account: input.args.account },
        Accepted,
      );
      const done = await watch(io, asked);
      return isRefusal(done) ? done : undefined;
    },
  },
];
