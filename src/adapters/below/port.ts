import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** One name in a directory, never a path. */
export type Name = string | Buffer;

/** What something new is made with. */
export interface Given {
  readonly mode: number;
  /** Host's number of user and group. */
  readonly owner: number;
}

/**
 * A directory that is held open, in a tree that somebody else may change at any moment. Promises: a name is looked up in
 * this very directory, wherever it has been moved to by now; no link is followed, and no pipe, socket or device is opened
 * or waited for, whatever takes the place of what meanwhile. A name that is empty, `.`, `..` or has a slash in it throws.
 * Where something is gone, or is not what was asked for, the answer is undefined or false; everything else throws.
 */
export interface Directory {
  stats(): Promise<BigIntStats>;
  /** What is in it, in order of the bytes. */
  names(): Promise<Buffer[]>;
  /** What is there under the name, a link as a link. */
  look(name: Name): Promise<BigIntStats | undefined>;
  /** Where a link says that it leads. */
  target(name: Name): Promise<Buffer | undefined>;
  /** A plain file, open for reading; whoever asks closes it. */
  file(name: Name): Promise<FileHandle | undefined>;
  directory(name: Name): Promise<Directory | undefined>;
  /** A new directory; undefined where the name is taken. */
  make(name: Name, of: Given): Promise<Directory | undefined>;
  /** A new file in place of whatever has the name and is not a directory; nobody ever reads half of it. */
  write(name: string, content: string | Uint8Array, of: Given): Promise<void>;
  /** Gives it to a user; a link itself, not what it leads to. */
  give(name: Name, owner: number): Promise<void>;
  /** Whatever it is; false where it is gone, or `as` cannot give way to it. */
  move(name: Name, to: Directory, as: Name): Promise<boolean>;
  /** Anything but a directory; false where it is one. */
  drop(name: Name): Promise<boolean>;
  /** An empty directory; false where it is not. */
  dropEmpty(name: Name): Promise<boolean>;
  close(): Promise<void>;
}

/** What a walk comes upon. */
export interface Entry {
  /** Below the root of the walk, as bytes. */
  readonly path: Buffer;
  readonly stats: BigIntStats;
  /** The plain file that is there now; whoever asks closes it. */
  open(): Promise<FileHandle | undefined>;
  target(): Promise<Buffer | undefined>;
}
