import type { FirewallSpec } from '../port.ts';
import { chainsOf, type Family, HOOKS, rulesOf } from './render.ts';

/** iptables-save writes a host's address with its length. */
const plain = (rule: string): string => rule.replace(/\/(32|128)(?= |$)/g, '');

/** Nothing before the jump lets a packet pass: only rules that drop, chains of ours (a running build's), or the
 * chain that Docker keeps first and that calls ours. */
const comesFirst = (rules: readonly string[] | undefined, jump: string): boolean => {
  const place = rules?.indexOf(jump) ?? -1;
  return (
    place >= 0 &&
    (rules ?? []).slice(0, place).every((rule) => /-j (DROP|BASTIDE-\S+|DOCKER-USER)$/.test(rule))
  );
};

/** Whether our chains and the jumps into them are exactly as the spec wants them. */
export function isAsWanted(spec: FirewallSpec, family: Family, save: string): boolean {
  const filled = Object.entries(rulesOf(spec, family)).every(([table, rules]) => {
    const there = chainsOf(save, table);
    return Object.entries(rules).every(
      ([chain, lines]) => there.get(chain)?.map(plain).join('\n') === lines.map(plain).join('\n'),
    );
  });
  return (
    filled &&
    HOOKS[family].every((hook) => comesFirst(chainsOf(save, hook.table).get(hook.parent), `-j ${hook.chain}`))
  );
}

const TABLES = ['raw', 'mangle', 'nat', 'filter'] as const;

/** Input of `iptables-restore --noflush` that removes the chains `owned` names and every rule that `mentions` one of ours. */
export function renderRemoval(
  save: string,
  owned: (chain: string) => boolean,
  mentions: (rule: string) => boolean,
): string {
  return TABLES.map((table) => {
    const chains = chainsOf(save, table);
    const doomed = [...chains.keys()].filter(owned);
    const jumps = (rule: string): boolean =>
      doomed.some((chain) => new RegExp(`-[jg] ${chain}( |$)`).test(rule));
    const rules = [...chains].flatMap(([chain, lines]) =>
      owned(chain)
        ? []
        : lines.filter((rule) => jumps(rule) || mentions(rule)).map((rule) => `-D ${chain} ${rule}`),
    );
    if (doomed.length + rules.length === 0) return '';
    return [
      `*${table}`,
      ...doomed.map((chain) => `:${chain} - [0:0]`),
      ...rules,
      ...doomed.map((chain) => `-X ${chain}`),
      'COMMIT',
      '',
    ].join('\n');
  }).join('');
}

/** Not every BASTIDE- chain: builds have their own. */
export const isOurs = (chain: string): boolean =>
  /^BASTIDE-(EARLY|TASKS|USERS|IN|GUEST|VPN|FWD|EGRESS)$/.test(chain);
export const isEngines = (chain: string): boolean => /^DOCKER($|-)/.test(chain);
/** Rules for the bridges that the engine made. */
export const isEnginesRule = (rule: string): boolean =>
  / ?-[io] (docker0|docker_gwbridge|bst-[0-9a-f]{10})( |$)/.test(rule) ||
  / -s 172\.18\.0\.0\/16 /.test(` ${rule}`);
