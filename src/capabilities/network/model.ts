import { z } from 'zod';

/** Steps of the network that other capabilities' plans may emit. */
export const NetworkStep = {
  /** The project's own network is there. */
  ensureProject: z.object({ projectId: z.uuid() }),
  removeProject: z.object({ projectId: z.uuid() }),
};

/** The name of a project's network in the engine. */
export const projectNetwork = (projectId: string): string => `bastide-p-${projectId}`;

/** Who may reach the host itself from outside, besides the edge's visitors. */
export const OperatorAccess = z.strictObject({
  ports: z
    .array(z.int().min(1).max(65535))
    .max(16)
    .default([22])
    .meta({ description: "TCP ports of the operator's own way in", example: [22] }),
  from: z
    .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
    .max(64)
    .default([])
    .meta({ description: 'Where it may come from; empty is anywhere', example: ['198.51.100.7'] }),
});
export type OperatorAccess = z.infer<typeof OperatorAccess>;

/** What the packet filter of a node follows from. */
export interface FirewallFacts {
  readonly internalSubnet: string;
  /** Interfaces that carry the nodes' internal addresses: `lo` on a single node. */
  readonly internalInterfaces: readonly string[];
  readonly addresses: readonly { readonly interface: string; readonly address: string }[];
  /** Name servers of /etc/resolv.conf. */
  readonly resolvers: readonly string[];
}

/** Instead of an address: everybody. */
export const EVERYBODY = '*';

/** An address or a network that may reach a gateway's port from outside, because a grant is open; `*` is everybody. */
export interface OpenEntry {
  readonly port: number;
  readonly source: string;
}
