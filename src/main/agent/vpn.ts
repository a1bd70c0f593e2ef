import { rename, writeFile } from 'node:fs/promises';
import type { Kysely } from 'kysely';
import type { VpnEntry } from '../../adapters/nft/port.ts';
import { makeWireguard } from '../../adapters/wireguard/tunnel.ts';
import type { NodeDeps } from '../../capabilities/nodes/deps.ts';
import { makeVpnWorker, type VpnWorker } from '../../capabilities/vpn/perform.ts';
import type { Database } from '../../db/schema.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { paths, VPN } from '../paths.ts';

/** What the firewall knows of the VPN now. */
export interface VpnOpen {
  entry: VpnEntry | undefined;
}

interface Parts {
  readonly db: Kysely<Database>;
  readonly node: NodeDeps;
  readonly open: VpnOpen;
  readonly log: (line: string) => void;
}

const { interface: name, address, subnet, port } = VPN;
/** Members reach the edge, which leads them to the operators' plane. */
const ENTRY: VpnEntry = { interface: name, address, subnet, port, ports: [443] };

/** The VPN of this node. */
export const vpnOf = ({ db, node, open, log }: Parts): VpnWorker =>
  makeVpnWorker({
    db,
    wireguard: makeWireguard(node.run, { interface: name, address, subnet, port, directory: paths.vpn }),
    address: `${address}/${subnet.split('/')[1]}`,
    port,
    async open(wanted) {
      const before = open.entry;
      open.entry = wanted ? ENTRY : undefined;
      const done = await node.ensureFirewall();
      if (!isRefusal(done)) return;
      open.entry = before;
      return done;
    },
    async tell(state) {
      await writeFile(`${paths.vpnState}.new`, JSON.stringify(state), { mode: 0o644 });
      await rename(`${paths.vpnState}.new`, paths.vpnState);
    },
    log,
    now: Date.now,
  });
