import { isRefusal, type Outcome } from '../../../kernel/refusal.ts';
import { parseAppJson } from './appjson.ts';
import { type BastideYaml, parseBastideYaml } from './bastideyaml.ts';
import { nameJobs } from './cron.ts';
import { detectStack, LOOKED_FOR, type SourceFiles } from './detect.ts';
import { generate } from './dockerfile.ts';
import { bastideYamlInvalid, fileRefused, notRecognised } from './errors.ts';
import type { SmokeQueries, SourcePlan } from './model.ts';
import { parseProcfile } from './procfile.ts';

/**
 * Pure: from a source's files to how it is built and what runs. bastide.yaml wins over the Procfile and app.json;
 * a setting that both give is taken from the more particular file, never merged inside.
 */
export function planSource(files: SourceFiles): Outcome<SourcePlan> {
  const procfile = parseProcfile(files.text.Procfile ?? '');
  if (isRefusal(procfile)) return procfile;
  const app = parseAppJson(files.text['app.json'] ?? '{}');
  if (isRefusal(app)) return app;
  const own = parseBastideYaml(files.text['bastide.yaml'] ?? '');
  if (isRefusal(own)) return own;

  const given = own.processes ?? procfile.processes;
  const stack = own.dockerfile ? 'dockerfile' : (own.stack ?? detectStack(files.names));
  if (stack === undefined) return notRecognised(LOOKED_FOR);

  const made = build();
  if (isRefusal(made)) return made;
  const processes: Record<string, { command: string | null }> = {};
  for (const [name, command] of Object.entries(given)) if (name !== 'release') processes[name] = { command };
  if (processes.web === undefined && (made.web !== null || Object.keys(given).length === 0))
    processes.web = { command: made.web };

  const release = own.release ?? own.processes?.release ?? procfile.release ?? app.release;
  const healthPath = own.health?.path ?? app.healthPath;
  const healthSeconds = own.health?.seconds ?? app.healthSeconds;
  const formation = own.formation ?? app.formation;
  const warnings = [...app.warnings, ...made.warnings];
  for (const name of Object.keys(formation))
    if (processes[name] === undefined)
      warnings.push(`The formation names ${name}, which is no process here.`);
  return {
    stack,
    stacks: stacksNamed(made.dockerfile),
    dockerfile: made.dockerfile,
    processes,
    ...(release === undefined ? {} : { release }),
    cron: nameJobs(own.cron ?? app.cron),
    ...(healthPath === undefined ? {} : { healthPath }),
    ...(healthSeconds === undefined ? {} : { healthSeconds }),
    formation: Object.fromEntries(
      Object.entries(formation).filter(([name]) => processes[name] !== undefined),
    ),
    env: { ...app.env, ...own.env },
    ...(own.databases === undefined ? {} : { smoke: smokeOf(own.databases) }),
    warnings,
  };

  function build(): Outcome<{ dockerfile: string; web: string | null; warnings: readonly string[] }> {
    if (isRefusal(own) || isRefusal(procfile)) throw new Error('checked above');
    if (stack !== 'dockerfile')
      return generate(stack ?? 'static', files, { hasWeb: given.web !== undefined, root: own.root });
    const path = own.dockerfile ?? 'Dockerfile';
    const dockerfile = files.text[path];
    if (dockerfile === undefined) return bastideYamlInvalid(`there is no file ${path}`);
    if (dockerfile.trim() === '') return fileRefused(path, 'is empty');
    return { dockerfile, web: null, warnings: [] };
  }
}

const smokeOf = (databases: NonNullable<BastideYaml['databases']>): SmokeQueries =>
  Object.fromEntries(
    Object.entries(databases).flatMap(([name, { smoke }]) => (smoke === undefined ? [] : [[name, smoke]])),
  );

/**
 * The stacks that a Dockerfile's text names; a path such as /etc/bastide/x names none. It may name more than it uses;
 * which one counts is seen after the build.
 */
export function stacksNamed(dockerfile: string): string[] {
  const names = [...dockerfile.matchAll(/(?<![\w./-])bastide\/([a-z][a-z0-9-]{0,30})/g)].map(
    (match) => match[1] ?? '',
  );
  return [...new Set(names)].sort();
}
