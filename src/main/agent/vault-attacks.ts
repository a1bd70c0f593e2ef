import { createHash } from 'node:crypto';
import { request } from 'node:https';
import type { Repository } from '../../adapters/restic/port.ts';
import type { BackupsDeps } from '../../capabilities/backups/deps.ts';
import { opened } from '../../capabilities/backups/perform/repositories.ts';
import * as store from '../../capabilities/backups/store.ts';
import type { Attempt, ControlsDeps } from '../../capabilities/controls/deps.ts';
import { announceAttempt } from '../../capabilities/vaults/store.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';

interface Answer {
  readonly status: number | null;
  readonly body: Buffer;
}

const PATIENCE = 30_000;

/** One request to a vault with the platform's own credential; what an intruder with root on this machine could send. */
function ask(repo: Repository, method: string, path: string, body?: Buffer): Promise<Answer> {
  return new Promise((resolve) => {
    const nothing = () => resolve({ status: null, body: Buffer.alloc(0) });
    const asked = request(
      new URL(path, repo.url),
      {
        method,
        ca: repo.ca,
        auth: `${repo.user}:${repo.password.reveal()}`,
        agent: false,
        timeout: PATIENCE,
        headers: { ...(body ? { 'content-length': body.length } : {}) },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve({ status: answer.statusCode ?? null, body: Buffer.concat(chunks) }));
        answer.on('error', nothing);
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', nothing);
    asked.end(body);
  });
}

const GARBAGE = Buffer.from('not what was here before');
const hash = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

/** The names of a kind of object, as the restic REST protocol lists them. */
async function names(repo: Repository, kind: string): Promise<string[]> {
  const { status, body } = await ask(repo, 'GET', `${kind}/`);
  if (status !== 200) return [];
  try {
    const list = JSON.parse(body.toString()) as unknown;
    if (!Array.isArray(list)) return [];
    return list
      .map((one) => (typeof one === 'string' ? one : (one as { name?: unknown }).name))
      .filter((name): name is string => typeof name === 'string');
  } catch {
    return [];
  }
}

interface Try {
  readonly attempt: string;
  readonly method: string;
  readonly path: string;
  readonly body?: Buffer;
}

/** What restic sends for `forget` and `prune`, and what somebody sends who wants it gone at any price. */
async function tries(repo: Repository): Promise<Try[]> {
  const all: Try[] = [
    { attempt: 'overwrite config', method: 'POST', path: 'config', body: GARBAGE },
    { attempt: 'overwrite config with PUT', method: 'PUT', path: 'config', body: GARBAGE },
    { attempt: 'delete config', method: 'DELETE', path: 'config' },
  ];
  for (const [kind, word] of [
    ['snapshots', 'forget a snapshot'],
    ['keys', 'delete the key'],
    ['index', 'forget an index'],
    ['data', 'delete a pack'],
  ] as const) {
    const [name] = await names(repo, kind);
    if (name === undefined) continue;
    all.push({ attempt: word, method: 'DELETE', path: `${kind}/${name}` });
    all.push({ attempt: `overwrite ${kind}`, method: 'POST', path: `${kind}/${name}`, body: GARBAGE });
  }
  return [...all, { attempt: 'delete the repository', method: 'DELETE', path: '' }];
}

/** `announce`: said before each attempt, so that the vault's refusal of it, and of no other, is no alarm. */
async function tamper(
  vault: string,
  repo: Repository,
  announce: (method: string, path: string) => Promise<unknown>,
): Promise<Attempt[]> {
  const read = await ask(repo, 'GET', 'config');
  const made: Attempt[] = [{ vault, attempt: 'read', status: read.status, intact: true, said: '' }];
  for (const { attempt, method, path, body } of await tries(repo)) {
    const target = path === '' ? 'config' : path;
    const before = await ask(repo, 'GET', target);
    await announce(method, new URL(path, repo.url).pathname);
    const { status } = await ask(repo, method, path, body);
    const after = await ask(repo, 'GET', target);
    const known = before.status === 200 && after.status !== null;
    const intact = known ? after.status === 200 && hash(before.body) === hash(after.body) : null;
    made.push({ vault, attempt, status, intact, said: `${method} ${path.split('/')[0]}` });
  }
  return made;
}

/** Attacks on the canaries' backups, for the controls; undefined repositories are none. */
export const vaultAttacks = (
  backups: BackupsDeps,
): Required<Pick<ControlsDeps, 'tamper' | 'foreignKey'>> => ({
  async tamper(projectId) {
    const attempts: Attempt[] = [];
    const rows = await store.openRepositories(backups.db, projectId);
    if (rows.length === 0) return undefined;
    for (const row of rows) {
      const repo = await opened(backups, row);
      if (isRefusal(repo)) return repo;
      const of = { vaultId: row.vault_id, repositoryId: row.id };
      const announce = (method: string, path: string) => announceAttempt(backups.db, { ...of, method, path });
      attempts.push(...(await tamper(row.vault, repo, announce)));
    }
    return attempts;
  },
  async foreignKey(a, b) {
    const attempts: Attempt[] = [];
    const [mine, theirs] = [
      await store.openRepositories(backups.db, a),
      await store.openRepositories(backups.db, b),
    ];
    if (theirs.length === 0) return undefined;
    for (const row of theirs) {
      const repo = await opened(backups, row);
      const own = mine.find((one) => one.vault_id === row.vault_id);
      const other: Outcome<Repository> | undefined = own && (await opened(backups, own));
      if (isRefusal(repo)) return repo;
      if (other === undefined || isRefusal(other)) continue;
      attempts.push(await open(backups, row.vault, 'own', repo));
      attempts.push(await open(backups, row.vault, 'foreign', { ...repo, key: other.key }));
    }
    return attempts;
  },
});

/** Status 0: it opened. 1: the key is the wrong one. null: anything else, of which nothing follows. */
async function open(
  backups: BackupsDeps,
  vault: string,
  attempt: string,
  repo: Repository,
): Promise<Attempt> {
  const listed = await backups.restic.snapshots(repo);
  if (!isRefusal(listed)) return { vault, attempt, status: 0, intact: null, said: 'opened' };
  const status = listed.code === 'restic_key_wrong' ? 1 : null;
  return { vault, attempt, status, intact: null, said: listed.code };
}
