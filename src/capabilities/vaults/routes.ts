import { z } from 'zod';
import { route } from '../../api/route.ts';
import { Accepted } from '../../kernel/operation.ts';
import { lastVault, vaultExists, vaultNotFound } from './errors.ts';
import { AddVault, VaultName, VaultView } from './model.ts';
import * as store from './store.ts';

export const vaultRoutes = [
  route({
    method: 'GET',
    path: '/v1/vaults',
    operationId: 'listVaults',
    permission: { action: 'platform:read', resource: 'platform' },
    summary: 'Where backups are kept, how each vault is, and what it refused',
    response: z.object({ vaults: z.array(VaultView) }),
    handler: async (ctx) => ({ vaults: await store.listVaults(ctx.db) }),
  }),
  route({
    method: 'POST',
    path: '/v1/vaults',
    operationId: 'addVault',
    permission: { action: 'platform:manage', resource: 'platform' },
    summary: 'Enrol at a vault with the code that it printed',
    body: AddVault,
    response: Accepted,
    status: 202,
    handler: async (ctx, { body }) =>
      (await store.inUse(ctx.db)).includes(body.name)
        ? vaultExists(body.name)
        : ctx.submit({ kind: 'vaults.add', target: `vault:${body.name}`, input: body }),
  }),
  route({
    method: 'DELETE',
    path: '/v1/vaults/:vault',
    operationId: 'removeVault',
    permission: { action: 'platform:manage', resource: 'platform' },
    summary: 'Stop using a vault; what is in it stays there until its own retention ends',
    params: z.strictObject({ vault: VaultName }),
    response: Accepted,
    status: 202,
    handler: async (ctx, { params: { vault } }) => {
      const inUse = await store.inUse(ctx.db);
      if (!inUse.includes(vault)) return vaultNotFound(vault);
      if (inUse.length === 1) return lastVault(vault);
      return ctx.submit({ kind: 'vaults.remove', target: `vault:${vault}`, input: { name: vault } });
    },
  }),
];
