import { createHash } from 'node:crypto';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { StackLayout } from '../../adapters/buildah/port.ts';
import type { TarEntry } from '../../adapters/oci/entries.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { stackRecipeInvalid, stackUnknown } from './errors.ts';
import { Recipe, StackRecord } from './model.ts';
import { RULES_VERSION } from './prune.ts';

export interface LoadedRecipe {
  readonly recipe: Recipe;
  /** The folder `files` of the recipe, as entries owned by root. */
  readonly files: readonly TarEntry[];
  /** Changes when anything about the recipe does. */
  readonly hash: string;
}

/** The names of all recipes, sorted. */
export async function listRecipes(recipes: string): Promise<string[]> {
  const found = await readdir(recipes, { withFileTypes: true });
  return found
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Reads a recipe and its files. Refusals: `stack_unknown`, `stack_recipe_invalid`. */
export async function loadRecipe(recipes: string, name: string): Promise<Outcome<LoadedRecipe>> {
  const known = await listRecipes(recipes);
  if (!known.includes(name)) return stackUnknown(name, known);
  const text = await readFile(join(recipes, name, 'stack.yaml'), 'utf8');
  const recipe = parseRecipe(name, text);
  if (isRefusal(recipe)) return recipe;
  const files = await filesBelow(join(recipes, name, 'files'));
  const hash = createHash('sha256').update(JSON.stringify([RULES_VERSION, recipe]));
  for (const file of files) {
    hash.update(
      `${file.type} ${file.path} ${file.type === 'file' ? `${file.mode} ${file.content.length}` : ''}\n`,
    );
    if (file.type === 'file') hash.update(file.content);
  }
  return { recipe, files, hash: hash.digest('hex') };
}

export function parseRecipe(name: string, text: string): Outcome<Recipe> {
  try {
    const result = Recipe.safeParse(parse(text));
    if (!result.success) {
      const issue = result.error.issues[0]!;
      return stackRecipeInvalid(name, `${issue.path.join('.')}: ${issue.message}`);
    }
    return result.data.name === name
      ? result.data
      : stackRecipeInvalid(name, `its name is ${result.data.name}`);
  } catch (error) {
    return stackRecipeInvalid(name, error instanceof Error ? error.message : String(error));
  }
}

async function filesBelow(dir: string): Promise<TarEntry[]> {
  const found = await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = found.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry): Promise<TarEntry> => {
      const full = join(entry.parentPath, entry.name);
      const { mode } = await stat(full);
      return {
        type: 'file',
        path: full.slice(dir.length + 1),
        mode: mode & 0o100 ? 0o755 : 0o644,
        uid: 0,
        gid: 0,
        content: await readFile(full),
      };
    }),
  ).then((entries) => entries.sort((a, b) => (a.path < b.path ? -1 : 1)));
}

/** A stack as it lies in the cache. */
export interface StoredStack extends StackLayout {
  readonly record: StackRecord;
  /** The whole root file system as one tar. */
  readonly rootfs: string;
  readonly sbom: string;
}

/** The version of a stack that new builds use; undefined when it was never built here. */
export async function currentStack(stacksDir: string, name: string): Promise<StoredStack | undefined> {
  const version = await readlink(join(stacksDir, name, 'current')).catch(() => undefined);
  return version === undefined ? undefined : storedStack(stacksDir, name, version);
}

/** One version of a stack. A folder without a sound stack.json counts as not there. */
export async function storedStack(
  stacksDir: string,
  name: string,
  version: string,
): Promise<StoredStack | undefined> {
  const dir = join(stacksDir, name, version);
  const text = await readFile(join(dir, 'stack.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = StackRecord.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  const record = parsed.data;
  return {
    name,
    version,
    layout: join(dir, 'oci'),
    manifestDigest: record.manifestDigest,
    diffIds: record.diffIds,
    record,
    rootfs: join(dir, 'rootfs.tar'),
    sbom: join(dir, 'sbom.cdx.json'),
  };
}
