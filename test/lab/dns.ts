import type { LabHost, LabProcess } from './host.ts';
import { WAN_ADDRESS } from './topology.ts';

const CONFIG = '/run/lab/dnsmasq.conf';
const UPLINK_RESOLVER = '10.0.2.3';

/** dnsmasq's configuration. `*.example.org` answers for every name below it. Names under `.test` never leave. */
export function render(records: ReadonlyMap<string, string>, uplink: boolean): string {
  const lines = [
    'keep-in-foreground',
    'user=root',
    'no-resolv',
    'no-hosts',
    'bind-interfaces',
    `listen-address=${WAN_ADDRESS}`,
    'local=/test/',
    'local-ttl=1',
    'log-queries',
    'log-facility=-',
    'pid-file',
    ...(uplink ? [`server=${UPLINK_RESOLVER}`] : []),
    ...[...records].map(([name, address]) =>
      name.startsWith('*.') ? `address=/${name.slice(2)}/${address}` : `host-record=${name},${address}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** The lab's name server, in the wan host. */
export class Dns {
  readonly #wan: LabHost;
  readonly #uplink: boolean;
  readonly #records = new Map<string, string>([['wan.test', WAN_ADDRESS]]);
  #process: LabProcess | undefined;

  readonly #kept: boolean;

  /** `kept`: another process of ours runs the server, and knows the names. */
  constructor(wan: LabHost, uplink: boolean, kept = false) {
    this.#kept = kept;
    this.#wan = wan;
    this.#uplink = uplink;
  }

  /** Every name asked for so far, with who asked; shows what leaves a host by DNS. */
  get queries(): readonly { readonly name: string; readonly from: string }[] {
    const found = this.#seen.matchAll(/query\[\w+\] (\S+) from (\S+)/g);
    return [...found].map(([, name, from]) => ({ name: name ?? '', from: from ?? '' }));
  }

  get #seen(): string {
    return this.#past + (this.#process?.stderr ?? '');
  }
  #past = '';

  async set(records: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, address] of Object.entries(records)) this.#records.set(name, address);
    await this.start();
  }

  async start(): Promise<void> {
    if (this.#kept) return;
    if (this.#process) {
      this.#past = this.#seen;
      this.#process.kill('SIGKILL');
      await this.#process.exited;
    }
    this.#wan.writeFile(CONFIG, render(this.#records, this.#uplink));
    this.#process = this.#wan.spawn(['dnsmasq', `--conf-file=${CONFIG}`]);
    await this.#wan.waitListening(53);
  }
}
