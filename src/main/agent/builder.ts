import { join } from 'node:path';
import { makeBuilder } from '../../adapters/buildah/builder.ts';
import type { Builder } from '../../adapters/buildah/port.ts';
import { runner } from '../../adapters/exec/run.ts';
import { makeJails } from '../../adapters/jail/jail.ts';
import type { Jails } from '../../adapters/jail/port.ts';
import { makeBootstrap } from '../../adapters/mmdebstrap/run.ts';
import { makeStacks, type Stacks } from '../../capabilities/stacks/perform.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { paths } from '../paths.ts';

/** The stacks of this node, from the recipes that came with the program. */
export const thisNodesStacks = (recipes: string): Stacks =>
  makeStacks({
    runner,
    bootstrap: makeBootstrap({ runner, tmpDir: join(paths.cache, 'tmp') }),
    dir: paths.stacks,
    recipes,
    npmCache: join(paths.cache, 'npm'),
  });

export interface Building {
  readonly builder: Builder;
  readonly jails: Jails;
  /** The builder stack's root file system, unpacked; made when first needed. */
  readonly rootfs: () => Promise<Outcome<string>>;
}

/** The builder: jails on this node, with the builder stack inside. */
export function thisNodesBuilder(stacks: Stacks, log: (line: string) => void): Building {
  const jails = makeJails({ runner });
  const rootfs = async (): Promise<Outcome<string>> => {
    const stack = await stacks.ensure('builder', log);
    return isRefusal(stack) ? stack : stacks.unpack(stack);
  };
  return { jails, rootfs, builder: makeBuilder({ jails, rootfs, dir: join(paths.builds, 'cache') }) };
}
