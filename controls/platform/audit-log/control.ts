import { z } from 'zod';
import { control } from '../../contract/control.ts';
import type { Tools } from '../../contract/tools.ts';
import { judge } from './judge.ts';
import { provenIn } from './proven.ts';

const Entries = z.object({ entries: z.array(z.object({ seq: z.int(), index: z.int().nullable() })) });
const Page = z.object({
  size: z.int(),
  key: z.string(),
  checkpoint: z.string(),
  lines: z.array(z.record(z.string(), z.unknown())),
  next: z.int().nullable(),
});
const LONGEST = 60_000;
/** Entries that are proven in one run: the newest. */
const PROVEN = 500;

async function sealedWithin(tools: Tools, at: string, after: number): Promise<number | null> {
  const began = tools.now();
  while (tools.now() - began < LONGEST) {
    const seen = Entries.safeParse((await tools.api('a', 'GET', `${at}?limit=1`)).body);
    const newest = seen.success ? seen.data.entries[0] : undefined;
    if (newest && newest.seq > after && newest.index !== null) return tools.now() - began;
    await tools.sleep(500);
  }
  return null;
}

/** As a tenant: does something that is logged, waits for its seal, proves the newest entries, and tries to change them. */
export default control({
  id: 'platform/audit-log',
  claims: ['MON-3', 'ACC-7'],
  sentence:
    'What is done stands in a signed tree within a minute, every entry can be proven to be as it was sealed, and nobody changes one.',
  when: 'anytime',
  everyHours: 24,
  position: 'anywhere',
  arrange: async () => undefined,
  async attack(tools) {
    const at = `/v1/organizations/${tools.canary('a').organization}/audit`;
    const before = Entries.safeParse((await tools.api('a', 'GET', `${at}?limit=1`)).body);
    const newest = before.success ? (before.data.entries[0]?.seq ?? 0) : 0;
    // Refused, and therefore logged: no project has this name.
    await tools.api('b', 'POST', `/v1/organizations/${tools.canary('a').organization}/projects`, {
      name: `audit-${tools.token().slice(0, 8)}`,
    });
    const sealedAfterMs = await sealedWithin(tools, at, newest);
    const lines: Record<string, unknown>[] = [];
    let page: z.output<typeof Page> | undefined;
    for (let from: number | null = 0; from !== null; ) {
      const size: string = page === undefined ? '' : `&size=${page.size}`;
      page = Page.parse((await tools.api('a', 'GET', `${at}/export?from=${from}&limit=500${size}`)).body);
      lines.push(...page.lines);
      from = page.next;
    }
    const attempts = [];
    for (const [method, path] of [
      ['DELETE', at],
      ['PUT', at],
      ['PATCH', at],
      ['POST', at],
      ['DELETE', `${at}/${newest}`],
      ['PATCH', `${at}/${newest}`],
      ['POST', '/v1/platform/audit/erase'],
    ] as const) {
      const { status } = await tools.api('a', method, path, {});
      attempts.push({ attempt: `${method} ${path.replace(at, 'audit')}`, status });
    }
    return { sealedAfterMs, ...provenIn(page, lines.slice(-PROVEN)), attempts };
  },
  judge,
  restore: async () => {},
});
