import { createHash } from 'node:crypto';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Runner } from '../exec/port.ts';
import { iptablesRestore, iptablesSave, nftApply, nftRead } from './commands.ts';
import { firewallRefused } from './errors.ts';
import { isAsWanted, isEngines, isEnginesRule, isOurs, renderRemoval } from './iptables/parse.ts';
import { type Family, renderRestore } from './iptables/render.ts';
import type { Firewall, FirewallSpec, Layer } from './port.ts';
import { renderTables, TABLES } from './render.ts';

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Remembers what a layer looked like right after we made it: the only sure way to see that somebody changed it. */
export interface Memory {
  read(): Promise<Readonly<Record<string, string>>>;
  write(entries: Readonly<Record<string, string>>): Promise<void>;
}

export function makeFirewall(run: Runner, memory: Memory): Firewall {
  async function ran(command: Parameters<Runner['run']>[0]): Promise<Outcome<string>> {
    const result = await run.run(command);
    if (isRefusal(result)) return result;
    if (result.code === 0) return result.stdout;
    return firewallRefused(command.argv[0], (result.stderr || result.stdout).trim().slice(0, 2000));
  }

  /** The tables as they are; empty where one is missing. */
  async function tables(): Promise<string> {
    const texts: string[] = [];
    for (const table of TABLES) {
      const text = await ran(nftRead(table));
      texts.push(isRefusal(text) ? '' : text);
    }
    return texts.includes('') ? '' : texts.join('\n');
  }

  async function drift(spec: FirewallSpec): Promise<Outcome<readonly Layer[]>> {
    const left = await memory.read();
    const layers: Layer[] = [];
    const current = await tables();
    if (current === '' || left.wanted !== hash(renderTables(spec)) || left.made !== hash(current))
      layers.push('nft');
    for (const family of FAMILIES) {
      const save = await ran(iptablesSave(family));
      if (isRefusal(save)) return save;
      if (!isAsWanted(spec, family, save) && !layers.includes('iptables')) layers.push('iptables');
    }
    return layers;
  }

  async function ensureTables(spec: FirewallSpec): Promise<Outcome<void>> {
    const text = renderTables(spec);
    const applied = await ran(nftApply(text));
    if (isRefusal(applied)) return applied;
    await memory.write({ wanted: hash(text), made: hash(await tables()) });
  }

  async function ensureChains(spec: FirewallSpec): Promise<Outcome<void>> {
    for (const family of FAMILIES) {
      const save = await ran(iptablesSave(family));
      if (isRefusal(save)) return save;
      const applied = await ran(iptablesRestore(family, renderRestore(spec, family, save)));
      if (isRefusal(applied)) return applied;
    }
  }

  async function removeChains(...[owned, mentions]: [(chain: string) => boolean, (rule: string) => boolean]) {
    for (const family of FAMILIES) {
      const save = await ran(iptablesSave(family));
      if (isRefusal(save)) return save;
      const text = renderRemoval(save, owned, mentions);
      const applied = text === '' ? '' : await ran(iptablesRestore(family, text));
      if (isRefusal(applied)) return applied;
    }
  }

  return {
    drift,
    async ensure(spec) {
      const changed = await drift(spec);
      if (isRefusal(changed)) return changed;
      const tablesMade = changed.includes('nft') ? await ensureTables(spec) : undefined;
      if (isRefusal(tablesMade)) return tablesMade;
      const chainsMade = changed.includes('iptables') ? await ensureChains(spec) : undefined;
      return isRefusal(chainsMade) ? chainsMade : { changed };
    },
    async remove() {
      // `table x` first, so that deleting what is gone is no error.
      const removed = await ran(
        nftApply(TABLES.map((table) => `table ${table}\ndelete table ${table}\n`).join('')),
      );
      if (isRefusal(removed)) return removed;
      await memory.write({});
      return removeChains(isOurs, () => false);
    },
    removeEngineRules: () => removeChains(isEngines, isEnginesRule),
  };
}
