import { z } from 'zod';
import type { Refusal } from '../../kernel/refusal.ts';
import * as errors from './errors.ts';
import type { Finding, Progress, Snapshot } from './port.ts';

const Summary = z.object({
  message_type: z.literal('summary'),
  snapshot_id: z.string().regex(/^[0-9a-f]{8,64}$/),
  total_bytes_processed: z.number(),
  data_added: z.number(),
  total_files_processed: z.number(),
  total_duration: z.number(),
});

const Status = z.object({
  message_type: z.literal('status'),
  bytes_done: z.number().default(0),
  total_bytes: z.number().optional(),
  seconds_elapsed: z.number().default(0),
});

const Snapshots = z
  .array(
    z.object({
      id: z.string().regex(/^[0-9a-f]{64}$/),
      time: z.string(),
      hostname: z.string().default(''),
      paths: z.array(z.string()).default([]),
      tags: z.array(z.string()).default([]),
      parent: z.string().optional(),
    }),
  )
  .nullable();

const json = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

/** What backup says at its end; undefined where it says none. */
export function parseSummary(stdout: string) {
  const lines = stdout.trim().split('\n').reverse();
  for (const line of lines) {
    const summary = Summary.safeParse(json(line));
    if (summary.success) return summary.data;
  }
  return undefined;
}

export function parseProgress(line: string): Progress | undefined {
  const status = Status.safeParse(json(line));
  if (!status.success) return undefined;
  const { bytes_done: bytes, total_bytes: totalBytes, seconds_elapsed: seconds } = status.data;
  return { bytes, seconds, ...(totalBytes !== undefined && { totalBytes }) };
}

/** Oldest first; undefined where the answer is no list of snapshots. */
export function parseSnapshots(stdout: string): Snapshot[] | undefined {
  const list = Snapshots.safeParse(json(stdout));
  if (!list.success) return undefined;
  return (list.data ?? [])
    .map(({ time, hostname, parent, ...rest }) => ({
      ...rest,
      takenAt: new Date(time),
      host: hostname,
      ...(parent !== undefined && { parent }),
    }))
    .sort((a, b) => a.takenAt.getTime() - b.takenAt.getTime());
}

const Stats = z.object({ total_size: z.number(), snapshots_count: z.number() });
export const parseStats = (stdout: string) => Stats.safeParse(json(stdout)).data;

const Keys = z.array(z.object({ id: z.string() }));
export const parseKeys = (stdout: string) => Keys.safeParse(json(stdout)).data?.map(({ id }) => id);

const Found = z.array(z.object({ snapshot: z.string() })).nullable();
/** Whole ids of the snapshots that `find --pack` names. */
export function parseFound(stdout: string): string[] {
  const found = stdout
    .trim()
    .split('\n')
    .flatMap((line) => Found.safeParse(json(line)).data ?? []);
  return [...new Set(found.map(({ snapshot }) => snapshot))];
}

const FINDINGS: readonly (readonly [Finding['kind'], RegExp])[] = [
  ['pack_missing', /^pack ([0-9a-f]{64}): does not exist/i],
  ['pack_damaged', /^Pack (?:ID|size) does not match, want ([0-9a-f]{64})/i],
  ['pack_damaged', /^pack ([0-9a-f]{8,64})[: ]/i],
  ['pack_damaged', /^error: .*<data\/([0-9a-f]+)>/i],
  ['index_damaged', /index <?(?:index\/)?([0-9a-f]{8,64})/i],
  ['index_damaged', /<index\/([0-9a-f]+)>/i],
  ['snapshot_damaged', /<snapshot\/([0-9a-f]+)>/i],
  ['tree_damaged', /^error for tree ([0-9a-f]+)/i],
];

const NOISE =
  /^(Fatal: (repository contains errors|LoadIndex returned errors)|Load\(|create exclusive lock|\s|$)|returned error, retrying/;

/** What `check` found, from what it says on stderr. */
export function parseFindings(stderr: string): Omit<Finding, 'snapshots'>[] {
  const seen = new Map<string, Omit<Finding, 'snapshots'>>();
  for (const said of stderr.split('\n').filter((line) => !NOISE.test(line))) {
    const hit = FINDINGS.map(([kind, shape]) => [kind, shape.exec(said)] as const).find(([, match]) => match);
    const kind = hit?.[0] ?? 'other';
    const id = hit?.[1]?.[1];
    const key = `${kind} ${id ?? said}`;
    if (!seen.has(key)) seen.set(key, { kind, id, said: said.trim().slice(0, 500) });
  }
  return [...seen.values()];
}

const HTTP: readonly (readonly [RegExp, (url: string) => Refusal])[] = [
  [/\b(401|Unauthorized)\b/, errors.credentialRefused],
  [/\b(507|Insufficient Storage)\b/, errors.vaultFull],
  [/\b(403|Forbidden)\b/, errors.vaultRefused],
];

/** An answer of the vault that asking again will not change, in a line about a retry. */
export function lasting(line: string, url: string): Refusal | undefined {
  if (!/HTTP response|returned error/.test(line)) return undefined;
  return HTTP.find(([shape]) => shape.test(line))?.[1](url);
}

const UNREACHABLE =
  /\(5\d\d\)|HTTP response \(?5\d\d|connection refused|connection reset|no such host|i\/o timeout|no route to host|: EOF$|unreachable/m;

/** Why restic failed, from its last words. */
export function explain(stderr: string, url: string): Refusal {
  const lines = stderr
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '');
  const last = (
    lines.findLast((line) => /^Fatal|error/i.test(line)) ??
    lines.at(-1) ??
    'it said nothing'
  ).slice(0, 300);
  if (/wrong password or no key found/.test(stderr)) return errors.keyWrong(url);
  if (/does not exist, skipping|do not exist$|^bwrap: Can't find source path/m.test(stderr))
    return errors.sourceUnreadable(last, undefined);
  if (/config file already exists/.test(stderr)) return errors.repositoryExists(url);
  if (/x509:|certificate/.test(stderr)) return errors.vaultUntrusted(url, last);
  const http = lines.map((line) => lasting(line, url)).find((refusal) => refusal !== undefined);
  if (http) return http;
  if (/already locked/.test(stderr)) return errors.locked(url);
  const snapshot = /(?:invalid id|no matching ID found for prefix) "?([^":\s]+)/.exec(stderr);
  if (snapshot) return errors.snapshotMissing(snapshot[1] ?? '');
  const path = /path "?([^"]+)"? not found in snapshot/.exec(stderr);
  if (path) return errors.pathMissing(path[1] ?? '');
  if (/unable to open config file|Is there a repository at the following location/.test(stderr))
    return UNREACHABLE.test(stderr) ? errors.vaultUnreachable(url, last) : errors.repositoryMissing(url);
  if (UNREACHABLE.test(stderr)) return errors.vaultUnreachable(url, last);
  if (
    /invalid data returned|ciphertext verification failed|does not exist|not found in repository|hash .*mismatch|StreamPack/i.test(
      stderr,
    )
  )
    return errors.repositoryDamaged(url, last);
  return errors.resticFailed(last);
}
