import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';

/** Where an encrypted image is: a file, and the directory that it is mounted on. Its encrypted tree is `<mount>/data`. */
export interface Place {
  readonly image: string;
  readonly mount: string;
}

/** What the kernel says of a key: usable, gone, or taken away while files are still open. */
export type KeyState = 'present' | 'absent' | 'busy';

export interface ImageFacts {
  readonly exists: boolean;
  /** The image's size is the hard limit of what fits. */
  readonly sizeBytes: number;
  readonly mounted: boolean;
  /** Loop devices that the image is attached to, in whatever mount namespace. */
  readonly devices: readonly string[];
  /** Undefined while it is not mounted, or where no key was asked about. */
  readonly key: KeyState | undefined;
  /** Space in use, while it is mounted. */
  readonly usedBytes: number | undefined;
}

/** What was found by trying it. */
export interface Support {
  /** The kernel's implementation of AES-256-XTS, as /proc/crypto calls it. */
  readonly driver: string;
  /** AES by the processor's own instructions. */
  readonly hardware: boolean;
  /** Whether the engine's overlay mounts can lie on an encrypted directory (kernels before 6.9 refuse). */
  readonly overlay: boolean;
}

/**
 * Encrypted file systems in files: ext4 on a loop device, fscrypt v2 policy (AES-256-XTS, AES-256-CTS names).
 * A key is 64 random bytes as base64, is handed over on stdin and is never on a disk; its id is derived from it by the
 * kernel, so that a wrong key is recognised (`storage_wrong_key`).
 * Promises: an image is never attached twice (`storage_attached_elsewhere`); "locked" is what the kernel says of the
 * key, not an exit code; every call is idempotent; a mount is shared, so that it is released in every copy of the
 * mount namespace that follows ours; the device lets go by itself when the last mount does.
 */
export interface EncryptedImages {
  /** Writes and reads a file on a small image below `directory`; refuses `storage_unsupported` with the reason. */
  support(directory: string): Promise<Outcome<Support>>;
  /** Makes the image, sparse; one that is there stays as it is. Refuses `storage_no_space`. */
  create(place: Place, sizeBytes: number): Promise<Outcome<void>>;
  facts(place: Place, keyId?: string): Promise<Outcome<ImageFacts>>;
  /** Attached, checked, mounted, unlocked; says the key's id. With `keyId` the key must be that one. */
  open(place: Place, key: Secret, keyId?: string): Promise<Outcome<{ readonly keyId: string }>>;
  /** Takes the key from the kernel; refuses `storage_busy` while files are open (new opens fail all the same). */
  lock(place: Place, keyId: string): Promise<Outcome<void>>;
  /** Locks where a key id is given, then unmounts and detaches. Refuses `storage_busy`, `storage_attached_elsewhere`. */
  close(place: Place, keyId?: string): Promise<Outcome<void>>;
  /** Makes a closed image larger; refuses `storage_busy` while it is mounted and `storage_smaller`. */
  grow(place: Place, sizeBytes: number): Promise<Outcome<void>>;
  /**
   * Everything of `from`, which is open, into a new image at `to` of the same size, encrypted with `key`, compared byte
   * by byte and closed. A `to` that is there is begun anew. Refuses `storage_no_space`, `storage_copy_differs`.
   */
  copy(
    from: Place,
    to: Place,
    key: Secret,
    signal: AbortSignal,
  ): Promise<Outcome<{ readonly keyId: string }>>;
  /** `place` is what `by` was, in one rename; the image that was there is gone. Both must be closed (`storage_busy`). */
  replace(place: Place, by: Place): Promise<Outcome<void>>;
  /** Gives what was deleted inside back to the disk below. */
  trim(place: Place): Promise<Outcome<void>>;
  /** Closes and removes it for ever. */
  destroy(place: Place, keyId?: string): Promise<Outcome<void>>;
  /** Takes back the shared mount below which images are mounted, once none is. */
  leave(directory: string): Promise<Outcome<void>>;
}
