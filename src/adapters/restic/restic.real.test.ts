import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { startVault, type TestVault } from '../../vault/testbed.ts';
import { runner } from '../exec/run.ts';
import type { VaultAccess } from '../vault/port.ts';
import { resticConformance } from './conformance.ts';
import type { Repository, Restic } from './port.ts';
import { makeRestic } from './restic.ts';

let vault: TestVault;
let access: VaultAccess;
const runDirectory = mkdtempSync(join(tmpdir(), 'restic-run-'));
const restic: Restic = makeRestic({ exec: runner, runDirectory, patienceSeconds: 6 });

beforeAll(async () => {
  vault = await startVault();
  access = await vault.platform('shop');
});
afterAll(async () => {
  await vault.stop();
  rmSync(runDirectory, { recursive: true });
});

resticConformance('restic', async () => ({ restic, repository: (name) => vault.repository(access, name) }));

const noise = (bytes: number): Buffer => {
  const data = Buffer.alloc(bytes);
  let x = 12345;
  for (let i = 0; i < bytes; i += 4) {
    x = (Math.imul(x, 1103515245) + 12345) | 0;
    data.writeInt32LE(x, i);
  }
  return data;
};
const of = (data: Uint8Array | string, name = 'dump.sql') => ({
  name,
  tags: [],
  write: async (stdin: Writable) => void stdin.write(data),
});

/** A repository with two snapshots of different data, its files as the vault has them. */
async function twoSnapshots(name: string) {
  const repo = vault.repository(access, name);
  must(await restic.init(repo));
  const one = must(await restic.backupStream(repo, of(noise(3_000_000), 'one.sql'))).snapshot;
  const two = must(await restic.backupStream(repo, of('two'.repeat(1000), 'two.sql'))).snapshot;
  const place = vault.place(access, name);
  const files = (type: string) =>
    readdirSync(join(place, type), { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => ({ name: file.name, path: join(file.parentPath, file.name) }));
  return { repo, one, two, files };
}

const biggest = async (files: { name: string; path: string }[]) => {
  const sized = await Promise.all(
    files.map(async (file) => ({ ...file, bytes: (await readFile(file.path)).length })),
  );
  return sized.sort((a, b) => b.bytes - a.bytes)[0]!;
};

describe('what may happen to a repository is told by name', () => {
  it('a flipped byte in a pack, with the snapshots that need it', async () => {
    const { repo, one, files } = await twoSnapshots('flipped-1');
    const pack = await biggest(files('data'));
    const bytes = await readFile(pack.path);
    bytes[1000]! ^= 1;
    await writeFile(pack.path, bytes);
    const found = must(await restic.check(repo, { read: { part: 1, of: 1 } })).findings;
    expect(found).toMatchObject([{ kind: 'pack_damaged', id: pack.name, snapshots: [one] }]);
  });

  it('a removed pack, with the snapshots that need it', async () => {
    const { repo, one, files } = await twoSnapshots('removed-1');
    const pack = await biggest(files('data'));
    await rm(pack.path);
    const found = must(await restic.check(repo)).findings;
    expect(found).toContainEqual(
      expect.objectContaining({ kind: 'pack_missing', id: pack.name, snapshots: [one] }),
    );
  });

  it('a swapped index, and one of another repository', async () => {
    const { repo, files } = await twoSnapshots('swapped-1');
    const foreign = await twoSnapshots('swapped-2');
    const [first] = files('index');
    const [other] = foreign.files('index');
    await copyFile(other!.path, first!.path);
    const found = await restic.check(repo);
    expect(must(found).findings).toContainEqual(expect.objectContaining({ kind: 'index_damaged' }));
    expect(await restic.backupStream(repo, of('x'))).toMatchObject({ code: 'restic_repository_damaged' });
  });

  it('a removed snapshot is not missed by the check: only a list of our own shows it', async () => {
    const { repo, one, two, files } = await twoSnapshots('snapshot-1');
    await rm(files('snapshots').find(({ name }) => name === one)!.path);
    expect(must(await restic.check(repo)).findings).toEqual([]);
    expect(must(await restic.snapshots(repo)).map(({ id }) => id)).toEqual([two]);
  });

  it('a damaged snapshot', async () => {
    const { repo, one, files } = await twoSnapshots('snapshot-2');
    await writeFile(files('snapshots').find(({ name }) => name === one)!.path, 'not a snapshot');
    const found = must(await restic.check(repo)).findings;
    expect(found).toContainEqual(expect.objectContaining({ kind: 'snapshot_damaged', id: one.slice(0, 10) }));
  });

  it('a removed config', async () => {
    const { repo, files } = await twoSnapshots('config-1');
    expect(files('keys')).toHaveLength(1);
    await rm(join(vault.place(access, 'config-1'), 'config'));
    expect(await restic.snapshots(repo)).toMatchObject({ code: 'restic_repository_missing' });
  });

  it("the backup of another project's repository, opened with ours", async () => {
    await twoSnapshots('theirs-1');
    const wrong = vault.repository(access, 'theirs-1', 'our key');
    expect(await restic.snapshots(wrong)).toMatchObject({ code: 'restic_key_wrong' });
    expect(await restic.check(wrong)).toMatchObject({ code: 'restic_key_wrong' });
  });
});

describe('what a vault may do', () => {
  it('not know us', async () => {
    const stranger = { ...vault.repository(access, 'conformance-1'), password: new Secret('wrong') };
    expect(await restic.snapshots(stranger)).toMatchObject({ code: 'restic_credential_refused' });
  });

  it('be another one', async () => {
    const other = await startVault();
    try {
      const repo = { ...vault.repository(access, 'conformance-1'), ca: other.ca };
      expect(await restic.snapshots(repo)).toMatchObject({ code: 'restic_vault_untrusted' });
    } finally {
      await other.stop();
    }
  });

  it('be dead', async () => {
    const repo = { ...vault.repository(access, 'x-1'), url: 'https://127.0.0.1:1/r/x-1/' };
    expect(await restic.snapshots(repo)).toMatchObject({ code: 'restic_vault_unreachable' });
  });

  it('die in the middle, and what was there is there when it comes back', async () => {
    const { repo, one, two } = await twoSnapshots('dies-1');
    const got = restic.backupStream(repo, {
      ...of(''),
      write: async (stdin, signal) => {
        stdin.write(noise(1_000_000));
        await vault.stopStore();
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    });
    expect(await got).toMatchObject({ code: 'restic_vault_unreachable' });
    await vault.startStore();
    expect(must(await restic.snapshots(repo)).map(({ id }) => id)).toEqual([one, two]);
    expect(must(await restic.check(repo, { read: { part: 1, of: 1 } })).findings).toEqual([]);
  });

  it('take the connection and say nothing', async () => {
    const server: Server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      const repo = { ...vault.repository(access, 'x-1'), url: `https://127.0.0.1:${port}/r/x-1/` };
      expect(await restic.snapshots(repo)).toMatchObject({ code: 'restic_vault_unreachable' });
    } finally {
      server.close();
    }
  }, 60_000);

  it('be too slow for the time it has', async () => {
    const repo = vault.repository(access, 'dies-1');
    const waits = { ...of('x'), limitSeconds: 1, write: () => new Promise<void>(() => {}) };
    expect(await restic.backupStream(repo, waits)).toMatchObject({ code: 'restic_vault_slow' });
  });

  it('be full, and what was there is there', async () => {
    const small = await startVault({ dailyBytes: 2_000_000 });
    try {
      const shop = await small.platform('shop');
      const repo = small.repository(shop, 'full-1');
      must(await restic.init(repo));
      const { snapshot } = must(await restic.backupStream(repo, of('small')));
      expect(await restic.backupStream(repo, of(noise(20_000_000)))).toMatchObject({
        code: 'restic_vault_full',
      });
      expect(must(await restic.snapshots(repo)).map(({ id }) => id)).toEqual([snapshot]);
      expect(must(await restic.check(repo, { read: { part: 1, of: 1 } })).findings).toEqual([]);
    } finally {
      await small.stop();
    }
  });
});

it('killed at ten points, the repository is sound and has no snapshot more', async () => {
  const { repo } = await twoSnapshots('killed-1');
  const data = noise(8_000_000);
  for (let point = 1; point <= 10; point += 1) {
    const call = new AbortController();
    const got = await restic.backupStream(repo, {
      ...of(''),
      signal: call.signal,
      write: async (stdin, signal) => {
        stdin.write(Buffer.concat([Buffer.from([point]), data.subarray(0, (data.length * point) / 10)]));
        setTimeout(() => call.abort(), point * 60);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    });
    expect(got).toMatchObject({ code: 'restic_interrupted' });
  }
  expect(must(await restic.snapshots(repo))).toHaveLength(2);
  expect(must(await restic.check(repo, { read: { part: 1, of: 1 } })).findings).toEqual([]);
  must(await restic.unlock(repo));
  must(await restic.backupStream(repo, of(data)));
}, 300_000);

it('is not kept out by a lock that somebody left', async () => {
  const { repo } = await twoSnapshots('locked-1');
  const directory = mkdtempSync(join(tmpdir(), 'restic-lock-'));
  const url = new URL(repo.url);
  url.username = repo.user;
  url.password = repo.password.reveal();
  const env = { RESTIC_REPOSITORY: `rest:${url.href}`, RESTIC_PASSWORD: repo.key };
  await writeFile(join(directory, 'ca.pem'), repo.ca);
  const argv = ['restic', '--no-cache', '--cacert', join(directory, 'ca.pem'), 'forget', 'latest'] as const;
  // It is refused, insists, and is killed with its exclusive lock in the vault.
  expect(await runner.run({ argv, env, timeoutMs: 5000 })).toMatchObject({ code: 'exec_timeout' });
  const { length } = readdirSync(join(vault.place(access, 'locked-1'), 'locks'));
  expect(length).toBeGreaterThan(0);
  must(await restic.backupStream(repo, of('more')));
  rmSync(directory, { recursive: true });
});

it('leaves no snapshot when we are killed ourselves, and its files are taken away', async () => {
  const { repo, one, two } = await twoSnapshots('orphan-1');
  const script = join(import.meta.dirname, 'fixtures/killed.ts');
  const { key, password, ...rest } = repo;
  const told = { ...rest, runDirectory, key: key.reveal(), password: password.reveal() };
  const { promise, resolve } = Promise.withResolvers<void>();
  const child = runner.start(
    { argv: [process.execPath, script], stdin: JSON.stringify(told) },
    (line) => line === 'half' && resolve(),
  );
  await promise;
  const before = readdirSync(runDirectory);
  // Not its group: what it started is not killed by us.
  process.kill(child.pid!, 'SIGKILL');
  await child.done;
  await new Promise((done) => setTimeout(done, 3000));
  expect(must(await restic.snapshots(repo)).map(({ id }) => id)).toEqual([one, two]);
  expect(before).toHaveLength(1);
  expect(readdirSync(runDirectory)).toEqual([]);
});

it('shows no secret to others while it runs, and leaves none', async () => {
  const repo: Repository = vault.repository(access, 'secret-1', 'the repository key 81c2');
  must(await restic.init(repo));
  const secrets = [repo.key.reveal(), repo.password.reveal()];
  let seen = 0;
  const look = async () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (argv.startsWith('restic\0') && argv.includes(runDirectory)) {
        seen += 1;
        const all = argv + (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''));
        for (const secret of secrets) expect(all).not.toContain(secret);
      }
    }
  };
  must(
    await restic.backupStream(repo, {
      ...of(''),
      write: async (stdin) => {
        await look();
        stdin.write('x');
      },
    }),
  );
  expect(seen).toBeGreaterThan(0);
  expect(readdirSync(runDirectory)).toEqual([]);
});

it('gives up its output when nobody takes it', async () => {
  const { repo, one } = await twoSnapshots('taker-1');
  const out = new PassThrough({ highWaterMark: 10 });
  out.once('data', () => out.destroy());
  expect(await restic.dump(repo, one, '/one.sql', out)).toMatchObject({ code: 'exec_interrupted' });
});
