import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from '../../kernel/command.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { Ran, Runner } from '../exec/port.ts';
import * as commands from './commands.ts';
import { wireguardFailed, wireguardUnreadable, wireguardUnsupported } from './errors.ts';
import { makeKeyPair, publicKeyOf } from './keys.ts';
import { parseLink, parseTunnel } from './parse.ts';
import type { TunnelSettings, Wireguard } from './port.ts';
import { renderTunnel } from './render.ts';

const KEY = /^[A-Za-z0-9+/]{43}=$/;
const said = (ran: Ran): string => (ran.stderr || `exit code ${ran.code}`).trim().slice(0, 500);

/** WireGuard of this machine, by Debian's `ip`, `wg` and, where the kernel has none, `wireguard-go`. */
export function makeWireguard(run: Runner, settings: TunnelSettings): Wireguard {
  const { interface: name, directory } = settings;
  const length = settings.subnet.split('/')[1];

  async function must(command: Command): Promise<Outcome<void>> {
    const ran = await run.run(command);
    if (isRefusal(ran)) return ran;
    return ran.code === 0 ? undefined : wireguardFailed(command.argv[0], said(ran));
  }

  async function write(file: string, secret: Secret): Promise<string> {
    const path = join(directory, file);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, secret.reveal(), { mode: 0o600 });
    await rename(`${path}.new`, path);
    return path;
  }

  async function ownKey(): Promise<Secret> {
    const text = (await readFile(join(directory, 'server.key'), 'utf8').catch(() => '')).trim();
    if (KEY.test(text)) return new Secret(text);
    const { privateKey } = makeKeyPair();
    await write('server.key', privateKey);
    return privateKey;
  }

  async function makeLink(): Promise<Outcome<void>> {
    const kernel = await run.run(commands.addLink(name));
    if (isRefusal(kernel) || kernel.code === 0) return isRefusal(kernel) ? kernel : undefined;
    const userspace = await run.run(commands.startUserspace(name));
    if (isRefusal(userspace)) return wireguardUnsupported(said(kernel), userspace.message);
    return userspace.code === 0 ? undefined : wireguardUnsupported(said(kernel), said(userspace));
  }

  async function look(): ReturnType<Wireguard['look']> {
    const shown = await run.run(commands.showLink(name));
    if (isRefusal(shown)) return shown;
    if (shown.code !== 0) return undefined;
    const link = parseLink(shown.stdout);
    if (!link) return wireguardUnreadable(name);
    const dump = await run.run(commands.showTunnel(name));
    if (isRefusal(dump)) return dump;
    if (dump.code !== 0) return wireguardFailed('wg', said(dump));
    const tunnel = parseTunnel(dump.stdout);
    return tunnel ? { ...link, ...tunnel } : wireguardUnreadable(name);
  }

  return {
    look,
    publicKey: async () => publicKeyOf(await ownKey()),
    async raise() {
      const shown = await run.run(commands.showLink(name));
      if (isRefusal(shown)) return shown;
      const made = shown.code === 0 ? undefined : await makeLink();
      if (isRefusal(made)) return made;
      const addressed = await must(commands.setAddress(name, `${settings.address}/${length}`));
      return isRefusal(addressed) ? addressed : must(commands.setUp(name));
    },
    async admit(peers) {
      // A file, because wg opens what it is given by its path.
      const file = await write('wireguard.conf', renderTunnel(await ownKey(), settings.port, peers));
      return must(commands.syncTunnel(name, file));
    },
    async lower() {
      const shown = await run.run(commands.showLink(name));
      if (isRefusal(shown)) return shown;
      // The program in userspace ends with its device.
      return shown.code === 0 ? must(commands.deleteLink(name)) : undefined;
    },
  };
}
