import { z } from 'zod';
import { path } from '../../cli/client.ts';
import { type CommandRow, given, type Input } from '../../cli/command.ts';
import { usage } from '../../cli/errors.ts';
import { type Io, watch } from '../../cli/io.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { Project } from '../organizations/model.ts';
import { KeyGeneration, RootKey } from './model.ts';

const ProjectKeys = z.object({ keys: z.array(KeyGeneration) });
const RootKeys = z.object({ keys: z.array(RootKey) });

const projectOption = { flags: '-p, --project <project>', description: 'the project whose key it is' };
const rootOption = { flags: '--root', description: "the platform's root key; for operators" };
const reasonOption = { flags: '--because <text>', description: 'what happened, for the record' };

const day = (date: string | null): string => date?.slice(0, 10) ?? '';

/** What leaking a project's key means for each thing; said by keys:retire, so that nobody has to guess. */
export const LEAKED = [
  [
    'config vars',
    'sealed anew. Whoever had the key and the database has read them: replace them at their source',
  ],
  ['database passwords', 'replaced by new ones, without a failed query'],
  [
    'backups',
    'go on in a new repository with a key of its own; the old one stays readable to who has its key',
  ],
  ['storage', 'its key is sealed anew. Files keep their key: who copied the disk as well can read that copy'],
] as const;

/** Either the root key or one project's. */
function aim(input: Input): Outcome<{ root: true } | { root: false; project: string }> {
  const project = given(input, 'project');
  if (input.options.root === true)
    return project === undefined
      ? { root: true }
      : usage('Name a project or --root, not both', 'Leave one out.');
  return project === undefined
    ? usage('No project was named', 'Name one with --project, or say --root.')
    : { root: false, project };
}

async function ask(io: Io, url: string, body: unknown, said: string): Promise<Outcome<undefined>> {
  const done = await watch(io, await io.api.send('POST', url, body, Accepted));
  if (isRefusal(done)) return done;
  io.print.done({ operation: done }, said);
  return undefined;
}

async function listOne(io: Io, project: string): Promise<Outcome<undefined>> {
  const list = await io.api.get(path`/v1/projects/${project}/keys`, ProjectKeys);
  if (isRefusal(list)) return list;
  io.print.table(list.keys, {
    generation: (k) => k.generation,
    state: (k) => k.state,
    since: (k) => day(k.createdAt),
    until: (k) => day(k.supersededAt),
    destroyed: (k) => day(k.destroyedAt),
    'root key': (k) => k.rootKeyId,
    why: (k) => k.reason ?? '',
  });
  return undefined;
}

async function listRoots(io: Io): Promise<Outcome<undefined>> {
  const list = await io.api.get('/v1/root-keys', RootKeys);
  if (isRefusal(list)) return list;
  io.print.table(list.keys, {
    id: (k) => k.id,
    state: (k) => k.state,
    since: (k) => day(k.createdAt),
    until: (k) => day(k.supersededAt),
    destroyed: (k) => day(k.destroyedAt),
    'project keys': (k) => k.projectKeys,
    why: (k) => k.reason ?? '',
  });
  return undefined;
}

/** The current generation of every project that one can see. */
async function listAll(io: Io): Promise<Outcome<undefined>> {
  const projects = await io.api.get('/v1/projects', z.object({ projects: z.array(Project) }));
  if (isRefusal(projects)) return projects;
  const rows: (KeyGeneration & { project: string; left: number })[] = [];
  for (const { name } of projects.projects) {
    const list = await io.api.get(path`/v1/projects/${name}/keys`, ProjectKeys);
    if (isRefusal(list)) return list;
    const [current] = list.keys;
    const left = list.keys.filter((k) => k.state === 'old' || k.state === 'compromised').length;
    if (current) rows.push({ ...current, project: name, left });
  }
  io.print.table(rows, {
    project: (k) => k.project,
    generation: (k) => k.generation,
    state: (k) => k.state,
    since: (k) => day(k.createdAt),
    'old ones left': (k) => k.left,
  });
  return undefined;
}

/** Door 2 of keys. */
export const commands: readonly CommandRow[] = [
  {
    name: 'keys',
    summary: 'Encryption keys: which generation is in use, since when, what became of the others',
    options: [projectOption, rootOption],
    examples: ['bastide keys', 'bastide keys --project shop', 'bastide keys --root'],
    uses: ['listProjects', 'listProjectKeys', 'listRootKeys'],
    async run(io, input) {
      if (input.options.root === true) return listRoots(io);
      const project = given(input, 'project');
      return project === undefined ? listAll(io) : listOne(io, project);
    },
  },
  {
    name: 'keys:rotate',
    summary: 'Replace a key by a new generation, while everything serves',
    options: [projectOption, rootOption],
    examples: ['bastide keys:rotate --project shop', 'bastide keys:rotate --root'],
    uses: ['rotateProjectKey', 'rotateRootKey', 'followOperation'],
    async run(io, input) {
      const at = aim(input);
      if (isRefusal(at)) return at;
      return at.root
        ? ask(
            io,
            '/v1/root-keys/rotate',
            undefined,
            'The root key is new. Make a recovery kit: npm run recovery-kit',
          )
        : ask(
            io,
            path`/v1/projects/${at.project}/keys/rotate`,
            undefined,
            `The key of ${at.project} is new.`,
          );
    },
  },
  {
    name: 'keys:retire',
    summary: 'End a key that somebody else may have: nothing new is readable with it, and it is destroyed',
    options: [
      projectOption,
      rootOption,
      { flags: '--generation <number>', description: 'which generation leaked; the current one unless told' },
      {
        flags: '--id <root-key>',
        description: 'with --root: which root key leaked; the current one unless told',
      },
      reasonOption,
    ],
    examples: [
      'bastide keys:retire --project shop --because "laptop with a copy was stolen"',
      'bastide keys:retire --root --because "disk was sold"',
    ],
    uses: ['retireProjectKey', 'retireRootKey', 'followOperation'],
    async run(io, input) {
      const at = aim(input);
      if (isRefusal(at)) return at;
      const reason = given(input, 'because');
      if (reason === undefined) return usage('No reason was given', 'Say what happened with --because.');
      if (at.root)
        return ask(
          io,
          '/v1/root-keys/retire',
          { rootKeyId: given(input, 'id') ?? null, reason },
          'The root key is new, the old one is destroyed. Make a recovery kit and destroy the old ones.',
        );
      const generation = given(input, 'generation');
      const done = await ask(
        io,
        path`/v1/projects/${at.project}/keys/retire`,
        { generation: generation === undefined ? null : Number(generation), reason },
        `The key of ${at.project} is new, the old one is destroyed.`,
      );
      if (isRefusal(done)) return done;
      io.print.table(
        LEAKED.map(([what, means]) => ({ what, means })),
        { what: (r) => r.what, 'what it means': (r) => r.means },
      );
      return undefined;
    },
  },
];
