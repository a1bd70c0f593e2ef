import { z } from 'zod';
import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { ConfigName, ProcessName } from '../model.ts';
import { parseSchedule } from './cron.ts';
import { appJsonInvalid } from './errors.ts';
import { CommandText, EnvValue, HealthPath, HealthSeconds } from './model.ts';

const Env = z.record(
  ConfigName,
  z.union([EnvValue, z.object({ value: EnvValue.optional(), required: z.boolean().optional() })]),
);

const Count = z.number().min(0).max(3600).optional();
const Healthcheck = z.object({
  path: HealthPath.optional(),
  initialDelay: Count,
  attempts: Count,
  timeout: Count,
  wait: Count,
});

/** Seconds that a check of Dokku's takes to give up; undefined where it says neither how often nor how late. */
function patience({
  initialDelay,
  attempts,
  timeout,
  wait,
}: z.infer<typeof Healthcheck>): number | undefined {
  if (initialDelay === undefined && attempts === undefined) return undefined;
  const seconds = Math.ceil((initialDelay ?? 0) + (attempts ?? 3) * ((timeout ?? 5) + (wait ?? 5)));
  return Math.min(Math.max(seconds, HealthSeconds.minValue ?? 0), HealthSeconds.maxValue ?? seconds);
}

/** The part of Heroku's and Dokku's app.json that is read; the file is a shared format, so other keys are let be. */
const AppJson = z.object({
  env: Env.optional(),
  formation: z.record(ProcessName, z.object({ quantity: z.int().min(0).max(50).optional() })).optional(),
  scripts: z
    .object({
      postdeploy: z.unknown().optional(),
      dokku: z.object({ predeploy: CommandText.optional(), postdeploy: CommandText.optional() }).optional(),
    })
    .optional(),
  cron: z
    .array(
      z.object({
        name: z
          .string()
          .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
          .optional(),
        schedule: z.string(),
        command: CommandText,
      }),
    )
    .max(50)
    .optional(),
  healthchecks: z.record(z.string(), z.array(Healthcheck)).optional(),
});

export interface AppFacts {
  readonly env: Readonly<Record<string, string>>;
  readonly formation: Readonly<Record<string, number>>;
  readonly release?: string;
  readonly cron: readonly { name?: string | undefined; schedule: string; command: string }[];
  readonly healthPath?: string;
  readonly healthSeconds?: number;
  readonly warnings: readonly string[];
}

/** Reads app.json: healthchecks, cron, env, scripts.dokku, formation. */
export function parseAppJson(text: string): Outcome<AppFacts> {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return appJsonInvalid('it is not JSON');
  }
  const parsed = AppJson.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return appJsonInvalid(`${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not as expected'}`);
  }
  const app = parsed.data;
  const warnings: string[] = [];
  const env: Record<string, string> = {};
  for (const [name, given] of Object.entries(app.env ?? {})) {
    const value = typeof given === 'string' ? given : given.value;
    if (value !== undefined) env[name] = value;
    else warnings.push(`app.json wants ${name}: set it with config:set.`);
  }
  const cron: { name?: string | undefined; schedule: string; command: string }[] = [];
  for (const [n, job] of (app.cron ?? []).entries()) {
    const schedule = parseSchedule(job.schedule, `app.json, cron ${n + 1}`);
    if (isRefusal(schedule)) return schedule;
    cron.push({ ...job, schedule });
  }
  const { predeploy, postdeploy } = app.scripts?.dokku ?? {};
  if (predeploy && postdeploy)
    warnings.push('app.json: predeploy is the release command; postdeploy is left out.');
  if (app.scripts?.postdeploy !== undefined)
    warnings.push('app.json: scripts.postdeploy is left out; use `release:`.');
  const release = predeploy ?? postdeploy;
  const check = app.healthchecks?.web?.find(({ path }) => path !== undefined);
  const healthPath = check?.path;
  const healthSeconds = check && patience(check);
  const formation = Object.fromEntries(
    Object.entries(app.formation ?? {}).flatMap(([name, { quantity }]) =>
      quantity === undefined ? [] : [[name, quantity]],
    ),
  );
  return {
    env,
    formation,
    cron,
    warnings,
    ...(release === undefined ? {} : { release }),
    ...(healthPath === undefined ? {} : { healthPath }),
    ...(healthSeconds === undefined ? {} : { healthSeconds }),
  };
}
