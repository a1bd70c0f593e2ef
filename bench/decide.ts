// What a decision costs: the policies as the API asks them, beside the least that could answer the same question, a map
// from role and action to yes or no and a comparison of the organization. One process, nothing read or written.
import { decider } from '../src/capabilities/access/decide.ts';
import { type Action, type Actor, actions, type Resource, Role } from '../src/capabilities/access/model.ts';
import { readPolicies } from '../src/capabilities/access/policies.ts';
import { newId } from '../src/kernel/id.ts';
import { numbers } from './lib/options.ts';
import { begin } from './lib/result.ts';
import { median, quantile } from './lib/stats.ts';

const { rounds, decisions } = numbers({ rounds: 9, decisions: 20_000 });
const bench = await begin('decide', 'Decisions: may this person do that?');

const decide = decider(await readPolicies());
const [mine, foreign] = [newId(), newId()];
const project = (organizationId: string): Resource => {
  const id = newId();
  return { type: 'Project', id, organizationId, projectId: id };
};
const resources = [project(mine), project(foreign)];
const roles = Role.options.filter((role) => role !== 'operator' && role !== 'prober');
const actors: Actor[] = roles.map((role) => ({
  accountId: newId(),
  name: role,
  tokenId: newId(),
  memberships: [{ organizationId: mine, role }],
}));

interface Question {
  readonly actor: Actor;
  readonly action: Action;
  readonly resource: Resource;
}
/** What may be asked about a project. */
const asked = (Object.keys(actions) as Action[]).filter((action) =>
  ['look', 'change', 'reach', 'manage', 'govern', 'review'].includes(actions[action]),
);
/** Every role, every action, own and foreign, over and over. */
const all: Question[] = actors.flatMap((actor) =>
  asked.flatMap((action) => resources.map((resource) => ({ actor, action, resource }))),
);

const table = new Map<string, boolean>();
for (const { actor, action } of all)
  table.set(`${actor.memberships[0]!.role} ${action}`, decide(actor, action, resources[0]!).allowed);
const lookup = ({ actor, action, resource }: Question): boolean =>
  actor.memberships.some(
    ({ organizationId, role }) =>
      'organizationId' in resource &&
      organizationId === resource.organizationId &&
      table.get(`${role} ${action}`) === true,
  );
const policies = ({ actor, action, resource }: Question): boolean => decide(actor, action, resource).allowed;
for (const question of all)
  if (lookup(question) !== policies(question))
    throw new Error(`they disagree on ${question.actor.name} ${question.action}`);

const CONTENDERS = [
  ['a map', lookup],
  ['the policies', policies],
] as const;

/** Microseconds of each decision. */
function measure(ask: (question: Question) => boolean): Float64Array {
  const took = new Float64Array(decisions);
  for (let n = 0; n < decisions; n += 1) {
    const question = all[n % all.length]!;
    const started = performance.now();
    ask(question);
    took[n] = (performance.now() - started) * 1000;
  }
  return took;
}

/** Decisions a second, without a clock between them. */
function throughput(ask: (question: Question) => boolean): number {
  const started = performance.now();
  for (let n = 0; n < decisions; n += 1) ask(all[n % all.length]!);
  return decisions / ((performance.now() - started) / 1000);
}

const raw: Record<string, { rate: number[]; p99: number[] }> = {};
for (const [name, ask] of CONTENDERS) {
  raw[name] = { rate: [], p99: [] };
  throughput(ask);
}
for (let round = 0; round < rounds; round += 1)
  for (const [name, ask] of round % 2 === 0 ? CONTENDERS : [...CONTENDERS].reverse()) {
    raw[name]!.rate.push(throughput(ask));
    raw[name]!.p99.push(quantile([...measure(ask)], 0.99));
  }

const map = raw['a map']!;
const ratio = (rate: readonly number[]) => median(rate.map((value, round) => value / map.rate[round]!));
const own = raw['the policies']!;
bench.save({
  notes: [
    `${rounds} rounds of ${decisions} decisions each: every role, every action, in the own and in a foreign organization. Medians, ratios within a round.`,
    'The map answers the same for these questions and was filled by asking the policies; it knows no projects, no limited tokens and no reasons.',
  ],
  headlines: [
    {
      what: 'decisions per second',
      bastide: median(own.rate),
      reference: median(map.rate),
      against: 'a lookup in a map',
      ratio: ratio(own.rate),
    },
  ],
  tables: [
    {
      title: 'Deciding',
      columns: ['', 'decisions/s', 'µs, p99', 'ratio'],
      rows: CONTENDERS.map(([name]) => [
        name,
        median(raw[name]!.rate),
        median(raw[name]!.p99),
        ratio(raw[name]!.rate),
      ]),
    },
  ],
  raw,
});
