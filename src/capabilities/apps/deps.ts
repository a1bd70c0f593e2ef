import type { Builder, StackLayout } from '../../adapters/buildah/port.ts';
import type { Registry } from '../../adapters/registry/port.ts';
import type { Signer } from '../../adapters/signer/port.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Conduct } from '../terminals/model.ts';
import type { ObserveDeps } from './observe.ts';

/** What the apps capability needs of the rest; main/agent.ts puts it together. */
export interface AppsDeps extends ObserveDeps {
  readonly builder: Builder;
  readonly registry: Registry;
  readonly signer: Signer;
  /** Opens what the API sealed to the project's key. */
  readonly open: (
    projectId: string,
    binding: { readonly owner: string; readonly name: string },
    sealed: string,
  ) => Promise<Outcome<Secret>>;
  /** Puts a stack of this node into the registry, once, and says where it is. */
  readonly publishStack: (
    stack: StackLayout,
  ) => Promise<Outcome<{ readonly repository: string; readonly digest: string }>>;
  readonly fetchGit: (
    url: string,
    ref: string | undefined,
    dir: string,
  ) => Promise<Outcome<{ commit: string }>>;
  /** Directories: uploads from the API, and one per build of ours. */
  readonly uploads: string;
  readonly builds: string;
  readonly registryAuth: Secret;
  /** Joins a person's terminal to a program. */
  readonly conduct: Conduct;
  /** Whom apps trust: databases of their project show a certificate of this authority. */
  readonly authority: () => Promise<Outcome<{ readonly certificate: string }>>;
}
