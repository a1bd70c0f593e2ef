import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runner } from '../../adapters/exec/port.ts';
import { runOrRefuse } from '../../adapters/exec/run.ts';
import { SOURCE_DATE_EPOCH } from '../../adapters/mmdebstrap/commands.ts';
import type { Bootstrap } from '../../adapters/mmdebstrap/port.ts';
import { makeNpm } from '../../adapters/npm/fetch.ts';
import { unpackTar } from '../../adapters/oci/commands.ts';
import type { TarEntry } from '../../adapters/oci/entries.ts';
import { finishLayout, writeLayer } from '../../adapters/oci/layout-write.ts';
import { readMatching } from '../../adapters/oci/read-files.ts';
import { rewriteTar } from '../../adapters/oci/rewrite.ts';
import type { ImageRef, Registry } from '../../adapters/registry/port.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { accountEdits } from './accounts.ts';
import { mirrorDate, parseDpkgStatus } from './dpkg.ts';
import { stackBuildFailed, stackUnclean } from './errors.ts';
import { imageConfig, ownEntries } from './image.ts';
import { withLock } from './lock.ts';
import type { StackRecord } from './model.ts';
import { currentStack, type LoadedRecipe, loadRecipe, type StoredStack, storedStack } from './observe.ts';
import { npmEntries } from './packages.ts';
import { keeper } from './prune.ts';
import { renderSbom } from './sbom.ts';

export interface StacksOptions {
  readonly runner: Runner;
  readonly bootstrap: Bootstrap;
  /** Where stacks are kept: `<dir>/<name>/<version>/`. */
  readonly dir: string;
  /** The folder of the recipes. */
  readonly recipes: string;
  /** Downloaded npm packages. */
  readonly npmCache: string;
}

export type OnLine = (line: string) => void;

export interface Stacks {
  /**
   * The current version of a stack; built when there is none or its recipe has changed since.
   * Two at once, also of two processes, build it once.
   */
  ensure(name: string, onLine: OnLine): Promise<Outcome<StoredStack>>;
  /** Several stacks, two at a time, in this order. The first refusal wins, the others still end. */
  ensureAll(names: readonly string[], onLine: OnLine): Promise<Outcome<readonly StoredStack[]>>;
  current(name: string): Promise<StoredStack | undefined>;
  /** Puts a stack into the registry as `stacks/<name>`. */
  push(stack: StoredStack, registry: Registry): Promise<Outcome<ImageRef>>;
  /** Unpacks a stack's root file system beside it, once, and returns the directory (root-owned, read it only). */
  unpack(stack: StoredStack): Promise<Outcome<string>>;
}

const EPOCH = new Date(SOURCE_DATE_EPOCH * 1000);
const STATUS = 'var/lib/dpkg/status';

export function makeStacks(options: StacksOptions): Stacks {
  const { dir, recipes } = options;
  const current = (name: string) => currentStack(dir, name);

  const fresh = async (name: string, loaded: LoadedRecipe) => {
    const stored = await current(name);
    return stored?.record.recipe === loaded.hash ? stored : undefined;
  };

  const ensure: Stacks['ensure'] = async (name, onLine) => {
    const loaded = await loadRecipe(recipes, name);
    if (isRefusal(loaded)) return loaded;
    const there = await fresh(name, loaded);
    if (there) return there;
    return withLock(join(dir, `.${name}.lock`), async () => {
      return (await fresh(name, loaded)) ?? build(options, loaded, (line) => onLine(`${name}: ${line}`));
    });
  };

  return {
    current,
    ensure,
    async ensureAll(names, onLine) {
      const waiting = [...names];
      const results = new Map<string, Outcome<StoredStack>>();
      const worker = async () => {
        for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
          results.set(name, await ensure(name, onLine));
        }
      };
      await Promise.all([worker(), worker()]);
      const outcomes = names.map((name) => results.get(name)!);
      const stored: StoredStack[] = [];
      for (const outcome of outcomes) {
        if (isRefusal(outcome)) return outcome;
        stored.push(outcome);
      }
      return stored;
    },
    push: (stack, registry) => registry.push(stack.layout, `stacks/${stack.name}`),
    async unpack(stack) {
      const target = join(dir, stack.name, stack.version, 'rootfs');
      return withLock(join(dir, `.${stack.name}.unpack.lock`), async () => {
        if (await isDirectory(target)) return target;
        const part = `${target}.part`;
        await rm(part, { recursive: true, force: true });
        await mkdir(part);
        const ran = await runOrRefuse(options.runner, unpackTar(stack.rootfs, part));
        if (isRefusal(ran)) return ran;
        await rename(part, target);
        return target;
      });
    },
  };
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

interface Base {
  readonly tar: string;
  readonly mirrorAt: Date;
}

/** The common beginning of a suite's stacks; also fixes which state of the mirror they are built from. */
async function ensureBase(
  { bootstrap, dir }: StacksOptions,
  suite: string,
  onLine: OnLine,
): Promise<Outcome<Base>> {
  const tar = join(dir, '.base', `${suite}.tar`);
  const stamp = `${tar}.date`;
  return withLock(`${tar}.lock`, async () => {
    const known = Date.parse(await readFile(stamp, 'utf8').catch(() => ''));
    if (!Number.isNaN(known)) return { tar, mirrorAt: new Date(known) };
    onLine(`packages every ${suite} stack starts from`);
    const made = await bootstrap.base(suite, tar, onLine);
    if (isRefusal(made)) return made;
    const releases = await readMatching(createReadStream(tar), /^var\/lib\/apt\/lists\/[^/]*_InRelease$/);
    const mirrorAt = mirrorDate([...releases.values()]);
    if (!mirrorAt) return stackBuildFailed(suite, 'the mirror has no dated release file');
    await writeFile(stamp, mirrorAt.toISOString());
    return { tar, mirrorAt };
  });
}

async function build(
  options: StacksOptions,
  loaded: LoadedRecipe,
  onLine: OnLine,
): Promise<Outcome<StoredStack>> {
  const { recipe } = loaded;
  const started = performance.now();
  const base = await ensureBase(options, recipe.suite, onLine);
  if (isRefusal(base)) return base;
  const extra = await packageFiles(options, loaded);
  if (isRefusal(extra)) return extra;

  const work = join(options.dir, `.work-${recipe.name}`);
  await rm(work, { recursive: true, force: true });
  await mkdir(join(work, 'oci'), { recursive: true });
  try {
    const raw = join(work, 'raw.tar');
    const rooted = await options.bootstrap.root(
      { suite: recipe.suite, base: base.tar, packages: recipe.packages, out: raw },
      onLine,
    );
    if (isRefusal(rooted)) return rooted;
    onLine('pruning and packing');
    const packed = await pack(work, raw, loaded, extra);
    if (isRefusal(packed)) return packed;
    await rm(raw);
    return await finish(options, loaded, base, work, packed, started, onLine);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function packageFiles(
  options: StacksOptions,
  { recipe, files }: LoadedRecipe,
): Promise<Outcome<TarEntry[]>> {
  const entries: TarEntry[] = [];
  for (const part of recipe.npm) {
    const tgz = await makeNpm(options.runner, options.npmCache).fetch(part);
    if (isRefusal(tgz)) return tgz;
    entries.push(...(await npmEntries(part, tgz)));
  }
  return [...entries, ...ownEntries(recipe), ...files];
}

interface Packed {
  readonly layer: Awaited<ReturnType<typeof writeLayer>>;
  readonly status: string;
}

/** What no stack may hold, whatever its packages bring. */
const FORBIDDEN = /^(usr\/)?s?bin\/(apt|apt-get|apt-key|aptitude|sudo|su)$/;

async function pack(
  work: string,
  raw: string,
  { recipe }: LoadedRecipe,
  add: readonly TarEntry[],
): Promise<Outcome<Packed>> {
  const keeps = keeper(recipe);
  const findings: string[] = [];
  let status = '';
  const edit = accountEdits(recipe.user);
  edit.set(STATUS, (text) => {
    status = text;
    return text;
  });
  const tar = rewriteTar(raw, {
    keep: (path, header) => {
      const kept = keeps(path, header);
      if (kept && FORBIDDEN.test(path)) findings.push(path);
      return kept;
    },
    edit,
    add,
    epoch: EPOCH,
  });
  const layer = await writeLayer(join(work, 'oci'), tar, join(work, 'rootfs.tar'));
  return findings.length > 0 ? stackUnclean(recipe.name, findings) : { layer, status };
}

async function finish(
  { dir }: StacksOptions,
  { recipe, hash }: LoadedRecipe,
  base: Base,
  work: string,
  { layer, status }: Packed,
  started: number,
  onLine: OnLine,
): Promise<Outcome<StoredStack>> {
  const { name } = recipe;
  const day = base.mirrorAt.toISOString().slice(0, 10).replaceAll('-', '');
  const content = createHash('sha256').update(hash).update(layer.diffId).digest('hex').slice(0, 12);
  const version = `${day}-${content}`;
  const config = imageConfig(recipe, version, layer.diffId, EPOCH.toISOString());
  const manifestDigest = await finishLayout(join(work, 'oci'), config, [layer.descriptor]);
  const packages = parseDpkgStatus(status);
  await writeFile(join(work, 'sbom.cdx.json'), renderSbom(recipe, version, packages, base.mirrorAt));
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const record: StackRecord = {
    name,
    version,
    description: recipe.description,
    suite: recipe.suite,
    abi: recipe.abi,
    uid: recipe.user.uid,
    recipe: hash,
    manifestDigest,
    diffIds: [layer.diffId],
    packages: packages.length,
    builtAt: new Date().toISOString(),
    mirrorAt: base.mirrorAt.toISOString(),
    seconds,
  };
  await writeFile(join(work, 'stack.json'), `${JSON.stringify(record, undefined, 2)}\n`);
  await publish(dir, name, version, work);
  const stored = await storedStack(dir, name, version);
  if (!stored) return stackBuildFailed(name, 'its files are not there after the build');
  onLine(`${version}, ${packages.length} packages, ${seconds} s`);
  return stored;
}

/** Moves a finished stack to its place and points `current` at it, each in one step that a crash cannot split. */
async function publish(dir: string, name: string, version: string, work: string): Promise<void> {
  const home = join(dir, name);
  await mkdir(home, { recursive: true });
  if (!(await storedStack(dir, name, version))) {
    await rm(join(home, version), { recursive: true, force: true });
    await rename(work, join(home, version));
  }
  const next = join(home, `.current-${process.pid}`);
  await rm(next, { force: true });
  await symlink(version, next);
  await rename(next, join(home, 'current'));
}
