import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { Bundle, checkBundle } from '../../../controls/contract/evidence.ts';
import { path } from '../../cli/client.ts';
import { type CommandRow, given } from '../../cli/command.ts';
import { usage } from '../../cli/errors.ts';
import { type Io, watch } from '../../cli/io.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { evidenceFileBroken, evidenceFileUnreadable } from './errors.ts';
import { ControlView, Enrolment, EvidenceView, RunOutcome } from './model.ts';
import { parseEvidenceFile } from './parse.ts';

const Outcomes = z.object({ runs: z.array(RunOutcome) });
const ALL_HELD = 0;
const NOT_ALL_HELD = 1;

const minute = (at: string | null) => at?.slice(0, 16).replace('T', ' ') ?? null;

/** Runs what was selected and prints what came of each. Exit code 1 unless every one held or does not apply. */
async function run(io: Io, selection: unknown): Promise<Outcome<number | undefined>> {
  const done = await watch(io, await io.api.send('POST', '/v1/controls/runs', selection, Accepted));
  if (isRefusal(done) || done === undefined) return done;
  const { runs } = Outcomes.parse(done.result);
  io.print.table(runs, {
    control: (r) => r.control,
    verdict: (r) => r.verdict,
    reason: (r) => r.reason,
  });
  const fine = runs.every(({ verdict }) => verdict === 'held' || verdict === 'not-applicable');
  return fine ? ALL_HELD : NOT_ALL_HELD;
}

/** Door 2: attacks on our own promises, and their evidence. */
export const commands: readonly CommandRow[] = [
  {
    name: 'controls',
    summary: 'What is tried against the platform, how it last went, and what is overdue',
    examples: ['bastide controls', 'bastide controls --claim DAT-3'],
    options: [{ flags: '--claim <id>', description: 'only those of this claim' }],
    uses: ['listControls'],
    async run(io, input) {
      const list = await io.api.get('/v1/controls', z.object({ controls: z.array(ControlView) }));
      if (isRefusal(list)) return list;
      const claim = given(input, 'claim');
      io.print.table(
        list.controls.filter(({ claims }) => claim === undefined || claims.includes(claim)),
        {
          id: (c) => c.id,
          claims: (c) => c.claims.join(' '),
          verdict: (c) => c.verdict,
          at: (c) => minute(c.at),
          when: (c) => c.when,
          turn: (c) => c.freshness,
        },
      );
    },
  },
  {
    name: 'controls:run',
    summary:
      'Try now to prove us wrong: one control, an area, those of a claim, or all that may run at any time',
    args: [{ name: 'control', description: 'id of a control, or an area such as `data`', optional: true }],
    options: [
      { flags: '--claim <id>', description: 'those of this claim' },
      { flags: '--drills', description: 'with those that disturb or take long' },
    ],
    examples: [
      'bastide controls:run data/canary-hunt',
      'bastide controls:run data --drills',
      'bastide controls:run --claim DAT-3',
    ],
    uses: ['runControls', 'followOperation'],
    run(io, input) {
      const named = input.args.control ?? '';
      const claim = given(input, 'claim');
      return run(io, {
        ...(named === '' ? {} : named.includes('/') ? { control: named } : { area: named }),
        ...(claim === undefined ? {} : { claim }),
        drills: input.options.drills === true,
      });
    },
  },
  {
    name: 'controls:setup',
    summary: 'Make the canary projects that the controls attack, or put right what they lack',
    examples: ['bastide controls:setup'],
    uses: ['runControls', 'followOperation'],
    run: (io) => run(io, { control: 'platform/canaries' }),
  },
  {
    name: 'controls:show',
    summary: 'One control: what it tries to prove false, and its history',
    args: [{ name: 'control', description: 'id of the control' }],
    options: [{ flags: '-n, --limit <count>', description: 'records, 200 at most', default: '20' }],
    examples: ['bastide controls:show data/canary-hunt', 'bastide controls:show data/canary-hunt --json'],
    uses: ['getControl'],
    async run(io, input) {
      const [area, control] = input.args.control!.split('/');
      if (!area || !control) return usage('That is no id of a control', 'See: bastide controls');
      const schema = ControlView.extend({ history: z.array(EvidenceView) });
      const limit = given(input, 'limit') ?? '20';
      const one = await io.api.get(
        `${path`/v1/controls/${area}/${control}`}?limit=${encodeURIComponent(limit)}`,
        schema,
      );
      if (isRefusal(one)) return one;
      if (io.print.json) {
        io.print.record(one, {});
        return undefined;
      }
      io.print.record(one, {
        id: one.id,
        claims: one.claims.join(' '),
        'tries to prove false': one.sentence,
        runs: one.when === 'drill' ? 'when asked for' : `every ${one.everyHours} h`,
        turn: one.freshness,
      });
      io.print.line();
      io.print.table(one.history, {
        at: (e) => minute(e.finishedAt),
        verdict: (e) => e.verdict,
        reason: (e) => e.reason,
        record: (e) => `${e.seq} ${e.digest.slice(0, 12)}`,
      });
      return undefined;
    },
  },
  {
    name: 'controls:export',
    summary: 'All evidence in a file: signed records, or OSCAL assessment results with the records within',
    options: [
      { flags: '--format <format>', description: '`evidence` or `oscal`', default: 'evidence' },
      { flags: '--output <file>', description: 'where to write it; else it is printed' },
    ],
    examples: [
      'bastide controls:export --output evidence.json',
      'bastide controls:export --format oscal --output assessment-results.json',
    ],
    uses: ['exportEvidence', 'exportOscal'],
    async run(io, input) {
      const oscal = given(input, 'format') === 'oscal';
      const found = oscal
        ? await io.api.get('/v1/controls/oscal', z.record(z.string(), z.unknown()))
        : await io.api.get('/v1/controls/evidence', Bundle);
      if (isRefusal(found)) return found;
      const text = `${JSON.stringify(found, null, 2)}\n`;
      const file = given(input, 'output');
      if (file === undefined) {
        io.print.raw(text);
        return undefined;
      }
      await writeFile(file, text, { mode: 0o600 });
      io.print.done({ file, bytes: text.length }, `Wrote ${file}. Next: bastide controls:verify ${file}`);
      return undefined;
    },
  },
  {
    name: 'controls:verify',
    summary: 'Check a file of evidence: every signature and every link of each chain. Needs no server',
    args: [{ name: 'file', description: 'what controls:export wrote' }],
    examples: ['bastide controls:verify evidence.json'],
    uses: [],
    async run(io, input) {
      const file = input.args.file!;
      const text = await readFile(file, 'utf8').catch(() => '');
      const bundle = parseEvidenceFile(text);
      if (!bundle) return evidenceFileUnreadable(file);
      const { entries, faults } = checkBundle(bundle);
      if (faults.length > 0)
        return evidenceFileBroken(
          faults.map(({ prober, entry, what }) => `${prober.slice(0, 12)}, record ${entry}: ${what}`),
        );
      const keys = bundle.probers.map(({ id }) => id);
      io.print.done(
        { entries, probers: keys },
        `${entries} records hold together, signed by ${keys.join(', ') || 'nobody'}`,
      );
    },
  },
  {
    name: 'controls:enrol',
    summary: 'Make a one-time token with which a prober on another machine makes itself known',
    examples: ['bastide controls:enrol'],
    uses: ['createEnrolment'],
    async run(io) {
      const made = await io.api.send('POST', '/v1/prober/enrolments', { position: 'outside' }, Enrolment);
      if (isRefusal(made)) return made;
      io.print.done(
        made,
        [
          `Token, good for one hour and once: ${made.token}`,
          `On the other machine: BASTIDE_SERVER=${io.api.server} BASTIDE_PROBER_TOKEN=… node src/main/prober.ts`,
        ].join('\n'),
      );
    },
  },
];
