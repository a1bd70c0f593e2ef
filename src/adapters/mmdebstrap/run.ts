import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from '../../kernel/command.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Runner } from '../exec/port.ts';
import { type AptSource, parseDeb822, parseOneLine } from './apt-sources.ts';
import { bootstrapBase, bootstrapRoot } from './commands.ts';
import { bootstrapFailed } from './errors.ts';
import { findMirrors, renderSources } from './mirrors.ts';
import type { Bootstrap } from './port.ts';

const SHARED_MEMORY = '/dev/shm';
const ROOM_NEEDED = 3 * 1024 ** 3;

export interface BootstrapOptions {
  readonly runner: Runner;
  /** Used where shared memory has less than 3 GiB to spare. */
  readonly tmpDir: string;
  readonly aptDir?: string;
}

export function makeBootstrap({ runner, tmpDir, aptDir = '/etc/apt' }: BootstrapOptions): Bootstrap {
  const sourcesFor = async (suite: string): Promise<Outcome<string>> => {
    const mirrors = findMirrors(await readAptSources(aptDir));
    return isRefusal(mirrors) ? mirrors : renderSources(mirrors, suite);
  };

  /** Runs in a scratch directory that is removed afterwards, and moves the tar into place only when it is whole. */
  const run = async (
    what: string,
    out: string,
    build: (tmp: string, part: string) => Command,
    onLine: (line: string) => void,
  ): Promise<Outcome<void>> => {
    const part = `${out}.part`;
    await mkdir(tmpDir, { recursive: true });
    const tmp = await mkdtemp(join(await roomy(tmpDir), 'bastide-stack-'));
    // apt downloads as a user of its own, which has to get through.
    await chmod(tmp, 0o711);
    try {
      const ran = await runner.run(build(tmp, part), (line) => onLine(line));
      if (isRefusal(ran)) return ran;
      if (ran.code !== 0) return bootstrapFailed(what, ran.code, lastLines(ran.stderr));
      await rename(part, out);
      return undefined;
    } finally {
      await rm(part, { force: true });
      await rm(tmp, { recursive: true, force: true });
    }
  };

  return {
    async base(suite, out, onLine) {
      const sources = await sourcesFor(suite);
      if (isRefusal(sources)) return sources;
      return run(
        suite,
        out,
        (tmp, part) => bootstrapBase({ suite, sources, out: part, tmpDir: tmp }),
        onLine,
      );
    },
    async root({ suite, base, packages, out }, onLine) {
      const sources = await sourcesFor(suite);
      if (isRefusal(sources)) return sources;
      const spec = { suite, sources, base, packages };
      return run(out, out, (tmp, part) => bootstrapRoot({ ...spec, out: part, tmpDir: tmp }), onLine);
    },
  };
}

const lastLines = (text: string) => text.trim().split('\n').slice(-6).join('\n');

async function roomy(fallback: string): Promise<string> {
  try {
    const { bavail, bsize } = await statfs(SHARED_MEMORY);
    const meminfo = await readFile('/proc/meminfo', 'utf8');
    const available = Number(/MemAvailable:\s+(\d+) kB/.exec(meminfo)?.[1] ?? 0) * 1024;
    if (Math.min(Number(bavail) * Number(bsize), available) > ROOM_NEEDED) return SHARED_MEMORY;
  } catch {
    // No shared memory here: the disk does as well, only slower.
  }
  return fallback;
}

/** Every source that apt on this machine would read, in apt's order. */
export async function readAptSources(aptDir: string): Promise<AptSource[]> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '');
  const parts = await readdir(join(aptDir, 'sources.list.d')).catch(() => []);
  const sources = parseOneLine(await read(join(aptDir, 'sources.list')));
  for (const name of parts.sort()) {
    const text = await read(join(aptDir, 'sources.list.d', name));
    if (name.endsWith('.list')) sources.push(...parseOneLine(text));
    if (name.endsWith('.sources')) sources.push(...parseDeb822(text));
  }
  return sources;
}
