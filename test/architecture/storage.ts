import { isTest } from './graph.ts';
import { importsOf, type Tree } from './source.ts';

/** Whose files are in projects' storage, where apps and database servers write at the same time. */
const WORK_THERE = /^src\/capabilities\/(backups|databases|exports|volumes)\/(?!cli)/;

/** What in them touches files elsewhere, or where everything on the way is root's. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'src/capabilities/backups/perform/download.ts': 'the directory of finished downloads is the platform’s',
  'src/capabilities/backups/perform/sealed.ts': 'writes a download',
  'src/capabilities/exports/archive.ts': 'writes an export; reads the registry',
  'src/capabilities/exports/write.ts': 'the directory of finished exports is the platform’s',
  'src/capabilities/exports/upkeep.ts': 'the directory of finished exports is the platform’s',
  'src/capabilities/volumes/directories.ts': 'refuses what is not root’s on the way before it makes one',
};

/** A look at a name is no way into it. */
const LOOKS = new Set(['lstat', 'FileHandle', 'Stats', 'BigIntStats']);

export const storageIsReachedByOpenDirectories = (tree: Tree): string[] =>
  [...tree]
    .filter(
      ([path]) => WORK_THERE.test(path) && path.endsWith('.ts') && !isTest(path) && !(path in ELSEWHERE),
    )
    .flatMap(([path, text]) =>
      importsOf(path, text)
        .filter(({ specifier, typeOnly }) => !typeOnly && /^(node:)?fs(\/promises)?$/.test(specifier))
        .filter(({ names }) => names.length === 0 || names.some((name) => !LOOKS.has(name)))
        .map((one) => `${path}:${one.line} imports ${one.names.join(', ')} of ${one.specifier}`),
    );
