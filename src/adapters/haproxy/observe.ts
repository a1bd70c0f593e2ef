import { createHash, X509Certificate } from 'node:crypto';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { Running } from './diff.ts';
import {
  parseCertificateList,
  parseEnv,
  parseFingerprint,
  parseMap,
  parseServers,
  type RunningServer,
} from './parse.ts';
import type { EdgeConfig } from './port.ts';
import { certificateFile, certificateList, MAPS, type MapName, mapFile } from './render/names.ts';
import type { EdgeSettings } from './settings.ts';
import { ask, askAll } from './socket.ts';

/** The digest of the static configuration that the running process was started with. */
export async function runningDigest(settings: EdgeSettings): Promise<Outcome<string | undefined>> {
  const answer = await ask(settings.sockets.admin, 'show env BASTIDE_STATIC');
  return isRefusal(answer) ? answer : parseEnv(answer);
}

export async function runningServers(settings: EdgeSettings): Promise<Outcome<RunningServer[]>> {
  const answers = await askAll(settings.sockets.admin, ['show servers state', 'show stat -1 4 -1']);
  return isRefusal(answers) ? answers : parseServers(answers[0]!, answers[1]!);
}

const sha1 = (pem: string): string => createHash('sha1').update(new X509Certificate(pem).raw).digest('hex');

/** Everything of the running process that a change may concern. `verified` remembers which certificates were seen to be right. */
export async function observeRunning(
  settings: EdgeSettings,
  config: EdgeConfig,
  verified: Map<string, string>,
): Promise<Outcome<Running>> {
  const { files, sockets } = settings;
  const servers = await runningServers(settings);
  if (isRefusal(servers)) return servers;
  const texts = await askAll(
    sockets.admin,
    MAPS.map((map) => `show map ${mapFile(files, map)}`),
  );
  if (isRefusal(texts)) return texts;
  const list = await ask(sockets.admin, `show ssl crt-list ${certificateList(files)}`);
  if (isRefusal(list)) return list;
  const certificates = parseCertificateList(list);
  const known = new Set(certificates.map((line) => line.split(' ')[0]!));
  const stale = new Set<string>();
  for (const certificate of config.certificates) {
    const file = certificateFile(files, certificate.name);
    if (!known.has(file) || verified.get(file) === certificate.pem) continue;
    const answer = await ask(sockets.admin, `show ssl cert ${file}`);
    if (isRefusal(answer)) return answer;
    if (parseFingerprint(answer) !== sha1(certificate.pem)) stale.add(file);
  }
  const maps = Object.fromEntries(MAPS.map((map, index) => [map, parseMap(texts[index]!)])) as Record<
    MapName,
    Map<string, string>
  >;
  return { servers, maps, certificates, stale };
}
