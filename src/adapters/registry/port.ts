import type { Outcome } from '../../kernel/refusal.ts';

export interface ImageRef {
  /** For example `apps/0193…` or `stacks/node`. */
  readonly repository: string;
  readonly digest: string;
}

export interface ImageConfig {
  readonly user: string;
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDir: string;
  readonly exposedPorts: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly diffIds: readonly string[];
}

/**
 * The platform's registry (distribution, mutual TLS). Promises: images go in and out by digest only, every blob is
 * hashed on the way, a push that ended early leaves no manifest. Refusals: `registry_unreachable`,
 * `registry_refused`, `image_missing`, `image_altered`, `image_not_on_stack`.
 */
export interface Registry {
  /** `host:port`, as image references spell it. */
  readonly host: string;
  /** Pushes an OCI layout; its base layers are taken from `base` in this registry, never from the layout. */
  push(layout: string, repository: string, base?: ImageRef): Promise<Outcome<ImageRef>>;
  config(image: ImageRef): Promise<Outcome<ImageConfig>>;
  exists(image: ImageRef): Promise<Outcome<boolean>>;
  remove(image: ImageRef): Promise<Outcome<void>>;
}
