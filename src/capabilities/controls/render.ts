import { createHash } from 'node:crypto';
import { type Bundle, digestOf, Evidence } from '../../../controls/contract/evidence.ts';
import { OSCAL_VERSION } from './oscal.ts';

const NS = 'https://bastide.dev/ns/oscal';

/** A UUID that the content decides (the form of version 5), so that the same evidence gives the same document. */
const uuidOf = (...parts: readonly string[]): string => {
  const bytes = createHash('sha256').update(parts.join('\0')).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

interface Said {
  readonly said: Evidence;
  readonly uuid: string;
  readonly digest: string;
}

const prop = (name: string, value: string) => ({ name, ns: NS, value: value || '-' });

const observation = ({ said, uuid, digest }: Said, resource: string) => ({
  uuid,
  title: said.control,
  description: `Tried to prove false: ${said.sentence} ${said.reason}`,
  props: [
    prop('verdict', said.verdict),
    prop('digest', digest),
    prop('prober', said.prober),
    prop('position', said.position),
    ...said.claims.map((claim) => prop('claim', claim)),
  ],
  methods: ['TEST'],
  types: ['control-objective'],
  collected: said.finishedAt,
  'relevant-evidence': [{ href: `#${resource}`, description: `Record ${said.seq} of prober ${said.prober}` }],
});

/** The newest record of each control, whoever made it. */
function newest(all: readonly Said[]): Said[] {
  const last = new Map<string, Said>();
  for (const one of all) {
    const known = last.get(one.said.control);
    if (!known || known.said.finishedAt <= one.said.finishedAt) last.set(one.said.control, one);
  }
  return [...last.values()];
}

/** A claim is satisfied where every control of it that applies held, and there is one. */
function finding(claim: string, tried: readonly Said[]) {
  const told = tried.filter(({ said }) => said.verdict !== 'not-applicable');
  if (told.length === 0) return [];
  const held = told.every(({ said }) => said.verdict === 'held');
  const broken = told.some(({ said }) => said.verdict === 'broken');
  return [
    {
      uuid: uuidOf('finding', claim, ...told.map(({ uuid }) => uuid)),
      title: claim,
      description: told.map(({ said }) => `${said.control}: ${said.verdict}`).join('; '),
      target: {
        type: 'objective-id',
        'target-id': claim,
        status: {
          state: held ? 'satisfied' : 'not-satisfied',
          reason: held ? 'pass' : broken ? 'fail' : 'other',
        },
      },
      'related-observations': told.map(({ uuid }) => ({ 'observation-uuid': uuid })),
    },
  ];
}

/**
 * PURE. The evidence as OSCAL assessment results (NIST, JSON): each record an observation, each claim a finding by its
 * controls' newest records. The signed records themselves lie within, so that the file can be verified on its own.
 */
export function renderOscal(bundle: Bundle): { 'assessment-results': Record<string, unknown> } {
  const all: Said[] = bundle.probers.flatMap(({ entries }) =>
    entries.map(({ record }) => {
      const digest = digestOf(record);
      return { said: Evidence.parse(JSON.parse(record)), digest, uuid: uuidOf('observation', digest) };
    }),
  );
  const last = newest(all);
  const claims = [...new Set(last.flatMap(({ said }) => said.claims))].sort();
  const content = JSON.stringify(bundle);
  const resource = uuidOf('evidence', content);
  const plan = uuidOf('plan');
  const times = all.map(({ said }) => said.startedAt).sort();
  return {
    'assessment-results': {
      uuid: uuidOf('results', content),
      metadata: {
        title: 'Bastide controls',
        'last-modified': bundle.exportedAt,
        version: bundle.exportedAt,
        'oscal-version': OSCAL_VERSION,
      },
      'import-ap': { href: `#${plan}` },
      results: [
        {
          uuid: uuidOf('result', content),
          title: 'Controls that were run',
          description: 'Every record of evidence that the probers of this platform handed in.',
          start: times[0] ?? bundle.exportedAt,
          end: bundle.exportedAt,
          'reviewed-controls': {
            'control-selections': [
              claims.length > 0
                ? { 'include-controls': claims.map((id) => ({ 'control-id': id })) }
                : { 'include-all': {} },
            ],
          },
          // A list that is there may not be empty.
          ...(all.length > 0 ? { observations: all.map((one) => observation(one, resource)) } : {}),
          ...(claims.length > 0
            ? {
                findings: claims.flatMap((claim) =>
                  finding(
                    claim,
                    last.filter(({ said }) => said.claims.includes(claim)),
                  ),
                ),
              }
            : {}),
        },
      ],
      'back-matter': {
        resources: [
          {
            uuid: plan,
            title: 'The controls of the platform',
            description:
              'docs/security/controls.md: each control with the sentence that it tries to prove false.',
          },
          {
            uuid: resource,
            title: 'The signed records',
            base64: {
              filename: 'evidence.json',
              'media-type': 'application/json',
              value: Buffer.from(content).toString('base64'),
            },
          },
        ],
      },
    },
  };
}
