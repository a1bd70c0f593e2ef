import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Outcome } from '../kernel/refusal.ts';
import { noApp } from './errors.ts';

const NAME = /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/;
const named = (name: unknown): string | undefined =>
  typeof name === 'string' && NAME.test(name) ? name : undefined;

/** PURE. The `app:` of a bastide.yaml. */
export function appInYaml(text: string): string | undefined {
  try {
    return named((parse(text) as { app?: unknown } | null)?.app);
  } catch {
    return undefined;
  }
}

/** PURE. The last part of the address of the remote `bastide` in a .git/config. */
export function appInGitConfig(text: string): string | undefined {
  const section = /^\[remote "bastide"\]\n((?:[ \t].*\n?)*)/m.exec(text)?.[1];
  const url = /^\s*url\s*=\s*(\S+)\s*$/m.exec(section ?? '')?.[1];
  return named(/([^/:]+?)(?:\.git)?\/?$/.exec(url ?? '')?.[1]);
}

/** The app that a directory belongs to. Refuses `cli_no_app`. */
export async function findApp(dir: string): Promise<Outcome<string>> {
  const read = (file: string) => readFile(join(dir, file), 'utf8').catch(() => '');
  return (
    appInYaml(await read('bastide.yaml')) ??
    appInGitConfig(await read('.git/config')) ??
    named(basename(resolve(dir))) ??
    noApp()
  );
}
