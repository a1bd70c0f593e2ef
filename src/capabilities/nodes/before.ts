import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { isRefusal } from '../../kernel/refusal.ts';
import { listTables } from './commands.ts';
import { pathsOf } from './daemon/render.ts';
import type { NodeDeps } from './deps.ts';
import { readSysctls } from './observe.ts';
import { parseTables } from './parse.ts';

/** What the machine was like before us, so that `npm stop` can put it back. */
const Before = z.object({
  bootId: z.string(),
  sysctls: z.record(z.string(), z.string()),
  tables: z.array(z.string()),
});
export type Before = z.infer<typeof Before>;

const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();

export async function readBefore({ settings }: NodeDeps): Promise<Before | undefined> {
  const text = await readFile(pathsOf(settings).before, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = Before.safeParse(JSON.parse(text));
  // After a boot the machine has its own settings again, which may be others now.
  return parsed.success && parsed.data.bootId === (await bootId()) ? parsed.data : undefined;
}

/** Remembers once per boot, before the first change. */
export async function rememberBefore(deps: NodeDeps): Promise<void> {
  if (await readBefore(deps)) return;
  const listed = await deps.run.run(listTables);
  const sysctls = Object.entries(await readSysctls()).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const before: Before = {
    bootId: await bootId(),
    sysctls: Object.fromEntries(sysctls),
    tables: isRefusal(listed) ? [] : parseTables(listed.stdout),
  };
  const { before: path } = pathsOf(deps.settings);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, JSON.stringify(before), { mode: 0o600 });
}
