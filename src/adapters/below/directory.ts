import { constants } from 'node:fs';
import {
  type FileHandle,
  lchown,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rmdir,
  unlink,
} from 'node:fs/promises';
import type { Directory, Given, Name } from './port.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** It is gone, a link, no directory, a socket. */
const OTHER = ['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO'];
const TAKEN = ['EEXIST', 'ENOTEMPTY', 'EISDIR', 'ENOTDIR'];

/** Answers `instead` to these errors; the others are thrown. */
const unless =
  <T>(codes: readonly string[], instead: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (codes.includes(error.code ?? '')) return instead;
    throw error;
  };

const done = () => true;

/** Node has no openat(2): what the kernel shows of an open descriptor is that directory itself, not a path to it. */
class OpenDirectory implements Directory {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  get #self(): string {
    return `/proc/self/fd/${this.#handle.fd}`;
  }

  #at(name: Name): Buffer {
    const one = Buffer.from(name);
    const text = one.toString('latin1');
    if (text === '' || text === '.' || text === '..' || /[/\0]/.test(text))
      throw new Error(`${JSON.stringify(text)} is not a name`);
    return Buffer.concat([Buffer.from(`${this.#self}/`), one]);
  }

  stats = () => this.#handle.stat({ bigint: true });

  // ENOENT: it was removed; there is nothing in it.
  names = async () =>
    (await readdir(this.#self, { encoding: 'buffer' }).catch(unless(['ENOENT'], []))).sort(Buffer.compare);

  look = async (name: Name) => lstat(this.#at(name), { bigint: true }).catch(unless(['ENOENT'], undefined));

  // EINVAL: it is no link any more.
  target = async (name: Name) =>
    readlink(this.#at(name), 'buffer').catch(unless(['ENOENT', 'EINVAL'], undefined));

  async file(name: Name): Promise<FileHandle | undefined> {
    const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    const handle = await open(this.#at(name), flags).catch(unless(OTHER, undefined));
    if (!handle) return undefined;
    try {
      if ((await handle.stat()).isFile()) return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    return undefined;
  }

  directory = async (name: Name) => opened(this.#at(name));

  async make(name: Name, { mode, owner }: Given): Promise<Directory | undefined> {
    const at = this.#at(name);
    if (!(await mkdir(at, { mode: 0o700 }).then(done, unless(['EEXIST'], false)))) return undefined;
    const handle = await open(at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(unless(OTHER, undefined));
    if (!handle) return undefined;
    try {
      await handle.chmod(mode);
      await handle.chown(owner, owner);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return new OpenDirectory(handle);
  }

  async write(name: string, content: string | Uint8Array, { mode, owner }: Given): Promise<void> {
    const [at, beside] = [this.#at(name), this.#at(`${name}.new`)];
    await unlink(beside).catch(unless(['ENOENT'], undefined));
    const handle = await open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      await handle.writeFile(content);
      await handle.chmod(mode);
      await handle.chown(owner, owner);
    } finally {
      await handle.close();
    }
    await rename(beside, at);
  }

  give = async (name: Name, owner: number) => lchown(this.#at(name), owner, owner);

  async move(name: Name, to: Directory, as: Name): Promise<boolean> {
    if (!(to instanceof OpenDirectory)) throw new Error('not a directory of ours');
    return rename(this.#at(name), to.#at(as)).then(done, unless(['ENOENT', ...TAKEN], false));
  }

  drop = async (name: Name) => unlink(this.#at(name)).then(done, unless(['ENOENT', 'EISDIR'], false));

  dropEmpty = async (name: Name) => rmdir(this.#at(name)).then(done, unless(['ENOENT', ...TAKEN], false));

  close = () => this.#handle.close();
}

async function opened(path: string | Buffer): Promise<Directory | undefined> {
  const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(unless(OTHER, undefined));
  return handle && new OpenDirectory(handle);
}

/** The directory at a path of ours: the way there is trusted, its last name may not be a link. */
export const openDirectory = (path: string): Promise<Directory | undefined> => opened(path);

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

/** A root that is ours: whoever runs the machine may have made it a link. */
const rooted = async (path: string): Promise<Directory | undefined> => {
  const handle = await open(path, O_RDONLY | O_DIRECTORY).catch(unless(OTHER, undefined));
  return handle && new OpenDirectory(handle);
};

/** The directory at `path` below `root`, where no name on the way is a link; undefined where there is none. */
export async function openBelow(root: string, path: string): Promise<Directory | undefined> {
  let here = await rooted(root);
  for (const part of partsOf(path)) {
    const above: Directory | undefined = here;
    here = await above?.directory(part).finally(() => above.close());
  }
  return here;
}

/** Whether a link is on the way from `root` to `path` or at its end. Nothing of what is not there is a link. */
export async function isLinked(root: string, path: string): Promise<boolean> {
  let here = await rooted(root);
  try {
    for (const part of partsOf(path)) {
      const there = await here?.look(part);
      if (there?.isSymbolicLink()) return true;
      const above: Directory | undefined = here;
      here = await above?.directory(part).finally(() => above.close());
    }
    return false;
  } finally {
    await here?.close();
  }
}
