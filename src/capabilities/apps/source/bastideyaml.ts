import { parseDocument } from 'yaml';
import { z } from 'zod';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { DatabaseName } from '../../databases/model.ts';
import { ConfigName, Formation, ProcessName } from '../model.ts';
import { parseSchedule } from './cron.ts';
import { bastideYamlInvalid } from './errors.ts';
import { CommandText, EnvValue, HealthPath, HealthSeconds } from './model.ts';
import { suggest } from './suggest.ts';

/** A path within the source. */
const InnerPath = z
  .string()
  .max(512)
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[A-Za-z0-9._@/-]+$/, 'a path within the source, without `..`');

const CronEntry = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .optional(),
  schedule: z.string(),
  command: CommandText,
});

export const BastideYaml = z.strictObject({
  stack: z.enum(['node', 'python', 'php', 'static']).optional(),
  dockerfile: InnerPath.optional(),
  processes: z.record(ProcessName, CommandText).optional(),
  release: CommandText.optional(),
  health: z.strictObject({ path: HealthPath.optional(), seconds: HealthSeconds.optional() }).optional(),
  cron: z.array(CronEntry).max(50).optional(),
  env: z.record(ConfigName, z.union([EnvValue, z.number(), z.boolean()]).transform(String)).optional(),
  formation: Formation.optional(),
  /** Directory that is served: static and php. */
  root: InnerPath.optional(),
  databases: z
    .record(
      DatabaseName,
      z.strictObject({
        smoke: z
          .string()
          .min(1)
          .max(4000)
          .refine((text) => !text.includes('\0'), 'a query has no NUL')
          .optional(),
      }),
    )
    .refine((all) => Object.keys(all).length <= 20, 'at most 20 databases')
    .optional(),
});
export type BastideYaml = z.infer<typeof BastideYaml>;

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(BastideYaml.shape),
  health: ['path', 'seconds'],
  cron: ['name', 'schedule', 'command'],
  databases: ['smoke'],
};

/** Reads bastide.yaml, strictly: an unknown key is refused with a suggestion; keys that start with `x-` are let be. */
export function parseBastideYaml(text: string): Outcome<BastideYaml> {
  const document = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: true, merge: false });
  const problem = document.errors[0];
  if (problem) return bastideYamlInvalid(problem.message.split('\n')[0] ?? 'it is not YAML');
  let value: unknown;
  try {
    // Aliases can grow without bound; a settings file has no use for them.
    value = document.toJS({ maxAliasCount: 0 }) ?? {};
  } catch {
    return bastideYamlInvalid('anchors and aliases are not taken');
  }
  const parsed = BastideYaml.safeParse(withoutExtensions(value));
  if (!parsed.success) return explain(parsed.error.issues[0]);
  const cron = [];
  for (const [n, job] of (parsed.data.cron ?? []).entries()) {
    const schedule = parseSchedule(job.schedule, `bastide.yaml, cron ${n + 1}`);
    if (isRefusal(schedule)) return schedule;
    cron.push({ ...job, schedule });
  }
  return { ...parsed.data, ...(parsed.data.cron ? { cron } : {}) };
}

function explain(issue: z.core.$ZodIssue | undefined): Outcome<never> {
  const where = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const meant = suggest(key, KNOWN[String(issue.path[0] ?? '')] ?? []);
    return bastideYamlInvalid(
      `unknown key ${JSON.stringify(key.slice(0, 64))}${where ? ` in ${where}` : ''}`,
      meant
        ? `Did you mean \`${meant}\`? Keys of your own start with x-.`
        : 'Remove it, or start it with x-.',
    );
  }
  return bastideYamlInvalid(`${where || 'the file'}: ${issue?.message ?? 'not as expected'}`);
}

function withoutExtensions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutExtensions);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith('x-'))
      .map(([key, inner]) => [key, withoutExtensions(inner)]),
  );
}
