import type { Command } from '../../kernel/command.ts';
import type { Family } from './iptables/render.ts';

const SECONDS = 1000;
const program = (family: Family): string => (family === 'ipv4' ? 'iptables' : 'ip6tables');

/** One transaction: all of the text or nothing. */
export const nftApply = (ruleset: string): Command => ({
  argv: ['nft', '-f', '-'],
  stdin: ruleset,
  timeoutMs: 30 * SECONDS,
});

/** Without counters (-s) and without elements that traffic adds (-t). */
export const nftRead = (table: string): Command => ({
  argv: ['nft', '-s', '-t', 'list', 'table', ...table.split(' ')],
  timeoutMs: 30 * SECONDS,
});

export const iptablesSave = (family: Family): Command => ({
  argv: [`${program(family)}-save`],
  timeoutMs: 30 * SECONDS,
});

export const iptablesRestore = (family: Family, text: string): Command => ({
  argv: [`${program(family)}-restore`, '--noflush', '--wait', '10'],
  stdin: text,
  timeoutMs: 30 * SECONDS,
});
