import type { TarEntry } from '../../adapters/oci/entries.ts';
import type { ImageConfigFile } from '../../adapters/oci/model.ts';
import type { Recipe } from './model.ts';

const DEFAULT_ENV = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};

/** What a stack image says of itself. Labels `bastide.stack`, `.stack.version` and `.stack.abi` guide the rebase. */
export function imageConfig(
  recipe: Recipe,
  version: string,
  diffId: string,
  created: string,
): ImageConfigFile {
  const { config, user } = recipe;
  return {
    architecture: 'amd64',
    os: 'linux',
    created,
    config: {
      User: `${user.uid}:${user.uid}`,
      Env: Object.entries({ ...DEFAULT_ENV, ...config.env }).map(([name, value]) => `${name}=${value}`),
      ...(config.entrypoint.length > 0 ? { Entrypoint: config.entrypoint } : {}),
      ...(config.cmd.length > 0 ? { Cmd: config.cmd } : {}),
      WorkingDir: config.workingDir,
      StopSignal: config.stopSignal,
      Labels: {
        'bastide.stack': recipe.name,
        'bastide.stack.abi': recipe.abi,
        'bastide.stack.version': version,
      },
    },
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created, created_by: `bastide stack ${recipe.name}` }],
  };
}

const EMPTY = new Uint8Array();

/** What every stack gets: the user's directory, links, and the empty files that the engine mounts its own over. */
export function ownEntries(recipe: Recipe): TarEntry[] {
  const { uid, home } = recipe.user;
  const file = (path: string): TarEntry => ({
    type: 'file',
    path,
    mode: 0o644,
    uid: 0,
    gid: 0,
    content: EMPTY,
  });
  return [
    file('etc/hostname'),
    file('etc/hosts'),
    file('etc/resolv.conf'),
    ...(home === '/root' ? [] : [directory(home.slice(1), uid)]),
    ...Object.entries(recipe.links).map(
      ([path, target]): TarEntry => ({ type: 'symlink', path: path.slice(1), target }),
    ),
  ];
}

const directory = (path: string, uid: number): TarEntry => ({
  type: 'directory',
  path,
  mode: 0o755,
  uid,
  gid: uid,
});
