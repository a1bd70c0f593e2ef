import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { parseBastideYaml } from './bastideyaml.ts';
import type { SourceFiles } from './detect.ts';
import { fileRefused } from './errors.ts';
import type { SourcePlan } from './model.ts';
import { planSource } from './plan.ts';

/** The files whose text is read, each with the most bytes it may have. */
const READ: Readonly<Record<string, number>> = {
  Procfile: 65_536,
  'app.json': 262_144,
  'bastide.yaml': 65_536,
  Dockerfile: 262_144,
  'package.json': 1_048_576,
  'package-lock.json': 33_554_432,
  'npm-shrinkwrap.json': 33_554_432,
  'composer.json': 1_048_576,
};
const SETTINGS = /^[^/]+\/settings[^/]*\.py$/;
const MAX_NAMES = 20_000;

/** Reads what a received source says of itself. Refusals: `source_*`. Follows no link. */
export async function readSource(dir: string): Promise<Outcome<SourcePlan>> {
  const names = await listNames(dir);
  const text: Record<string, string> = {};
  const wanted = new Map(Object.entries(READ).filter(([name]) => names.has(name)));
  for (const name of names) if (SETTINGS.test(name)) wanted.set(name, 262_144);
  for (const [name, limit] of wanted) {
    const read = await readPlain(dir, name, limit);
    if (isRefusal(read)) {
      if (SETTINGS.test(name)) continue;
      return read;
    }
    text[name] = read;
  }
  // The one file whose place is the app's to say; its path was checked to stay within.
  const own = parseBastideYaml(text['bastide.yaml'] ?? '');
  if (!isRefusal(own) && own.dockerfile && text[own.dockerfile] === undefined) {
    const read = await readPlain(dir, own.dockerfile, 262_144);
    if (isRefusal(read)) return read;
    text[own.dockerfile] = read;
  }
  return planSource({ names, text } satisfies SourceFiles);
}

/** Names of files and links, two levels deep. A link has a name too, so that it is refused rather than overlooked. */
async function listNames(dir: string): Promise<Set<string>> {
  const names = new Set<string>();
  for (const top of await readdir(dir, { withFileTypes: true })) {
    if (names.size > MAX_NAMES) break;
    if (!top.isDirectory()) names.add(top.name);
    else if (top.name !== 'node_modules' && top.name !== '.git')
      for (const inner of await readdir(join(dir, top.name), { withFileTypes: true }))
        if (!inner.isDirectory()) names.add(`${top.name}/${inner.name}`);
  }
  return names;
}

async function readPlain(dir: string, name: string, limit: number): Promise<Outcome<string>> {
  const parts = name.split('/');
  const file = await openBeneath(dir, parts);
  if (isRefusal(file)) return file;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return fileRefused(name, 'is not a plain file');
    if (stat.size > limit) return fileRefused(name, `is larger than ${Math.floor(limit / 1024)} KiB`);
    const bytes = await file.readFile();
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      return text.includes('\0') ? fileRefused(name, 'has a NUL byte') : text;
    } catch {
      return fileRefused(name, 'is not UTF-8 text');
    }
  } finally {
    await file.close();
  }
}

/** Opens a path one part at a time, so that no part of it may be a link. */
async function openBeneath(dir: string, parts: readonly string[]) {
  const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY, O_NONBLOCK } = constants;
  const name = parts.join('/');
  let at = await open(dir, O_RDONLY | O_DIRECTORY);
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    try {
      const next = await open(
        `/proc/self/fd/${at.fd}/${part}`,
        O_RDONLY | O_NOFOLLOW | (last ? O_NONBLOCK : O_DIRECTORY),
      );
      await at.close();
      at = next;
    } catch {
      await at.close();
      return fileRefused(name, 'is missing, or a link');
    }
  }
  return at;
}
