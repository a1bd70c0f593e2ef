import { z } from 'zod';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Secret } from '../../kernel/secret.ts';
import { sealedElsewhere } from './errors.ts';

/** What is sealed for a config var: bound to its app and name, so that a row moved elsewhere is noticed. */
export const SealedConfig = z.object({ app: z.uuid(), name: z.string(), value: z.string() });

/** Opens one sealed config var of an app. Refusal: `config_altered`, or what `open` says. */
export async function openConfig(
  open: (projectId: string, sealed: string) => Promise<Outcome<Secret>>,
  app: { id: string; project_id: string },
  name: string,
  sealed: string,
): Promise<Outcome<string>> {
  const opened = await open(app.project_id, sealed);
  if (isRefusal(opened)) return opened;
  const content = SealedConfig.parse(JSON.parse(opened.reveal()));
  return content.app === app.id && content.name === name ? content.value : sealedElsewhere(name);
}
