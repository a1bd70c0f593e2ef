import { z } from 'zod';
import { path } from '../../cli/client.ts';
import { type CommandRow, given } from '../../cli/command.ts';
import { watch } from '../../cli/io.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { vaultLineUnclear, vaultNotFound } from './errors.ts';
import { AddVault, VaultView } from './model.ts';

const Vaults = z.object({ vaults: z.array(VaultView) });
const nameArgument = { name: 'name', description: 'name of the vault' };
const GIB = 1024 ** 3;
const gib = (bytes: number | null) => (bytes === null ? null : `${(bytes / GIB).toFixed(1)} GiB`);
const time = (at: string | null) => at?.slice(0, 16).replace('T', ' ') ?? 'never';
const place = (vault: VaultView) => (vault.place === 'here' ? 'here: second best' : 'elsewhere');

/** Door 2 of the vaults. */
export const commands: readonly CommandRow[] = [
  {
    name: 'vaults',
    summary: 'Where backups are kept',
    examples: ['bastide vaults'],
    uses: ['listVaults'],
    async run(io) {
      const list = await io.api.get('/v1/vaults', Vaults);
      if (isRefusal(list)) return list;
      io.print.table(list.vaults, {
        name: (vault) => vault.name,
        place,
        status: (vault) => vault.status,
        free: (vault) => gib(vault.freeBytes),
        seen: (vault) => time(vault.seenAt),
        refused: (vault) => vault.refused.length,
        url: (vault) => vault.url,
      });
    },
  },
  {
    name: 'vaults:info',
    summary: 'One vault, with what it refused lately',
    args: [nameArgument],
    examples: ['bastide vaults:info offsite'],
    uses: ['listVaults'],
    async run(io, input) {
      const list = await io.api.get('/v1/vaults', Vaults);
      if (isRefusal(list)) return list;
      const vault = list.vaults.find(({ name }) => name === input.args.name);
      if (!vault) return vaultNotFound(input.args.name!);
      io.print.record(vault, {
        name: vault.name,
        url: vault.url,
        place:
          vault.place === 'here'
            ? 'this machine: second best. It survives a stolen credential and a mistake, not the loss of the machine'
            : 'elsewhere',
        status: vault.message ?? vault.status,
        seen: time(vault.seenAt),
        free: `${gib(vault.freeBytes) ?? '?'} of ${gib(vault.totalBytes) ?? '?'}`,
        'kept after succession': vault.retentionDays === null ? null : `${vault.retentionDays} days`,
        repositories: vault.repositories,
        damaged: vault.damaged.length === 0 ? 'none' : vault.damaged.join(' '),
      });
      for (const { at, kind, method, path: asked, address, count } of vault.refused)
        io.print.line(`refused ${time(at)}  ${kind}  ${method} ${asked}  from ${address}  × ${count}`);
    },
  },
  {
    name: 'vaults:add',
    summary: 'Use a vault: paste the line that it printed',
    args: [nameArgument],
    options: [
      { flags: '--url <url>', description: 'where it answers' },
      { flags: '--ca <fingerprint>', description: 'SHA-256 of its authority' },
      { flags: '--code <code>', description: 'works once, within a day' },
    ],
    examples: [
      `bastide vaults:add offsite --url https://192.0.2.7:8444 --ca ${'a1'.repeat(32)} --code ${'0'.repeat(40)}`,
    ],
    uses: ['addVault', 'followOperation'],
    async run(io, input) {
      const wish = AddVault.safeParse({
        name: input.args.name,
        ...{ url: given(input, 'url'), ca: given(input, 'ca'), code: given(input, 'code') },
      });
      if (!wish.success) return vaultLineUnclear(wish.error.issues[0]?.path.join('.') ?? '');
      const done = await watch(io, await io.api.send('POST', '/v1/vaults', wish.data, Accepted));
      if (isRefusal(done)) return done;
      io.print.done(
        { name: wish.data.name, operation: done },
        `Backups go to ${wish.data.name} too from now on.`,
      );
    },
  },
  {
    name: 'vaults:remove',
    summary: 'Stop using a vault; what is in it stays there',
    args: [nameArgument],
    examples: ['bastide vaults:remove offsite'],
    uses: ['removeVault', 'followOperation'],
    async run(io, input) {
      const { name } = input.args;
      const done = await watch(
        io,
        await io.api.send('DELETE', path`/v1/vaults/${name!}`, undefined, Accepted),
      );
      if (isRefusal(done)) return done;
      io.print.done(
        { name, operation: done },
        `${name} is no longer used. What is in it stays until its own retention ends.`,
      );
    },
  },
];
