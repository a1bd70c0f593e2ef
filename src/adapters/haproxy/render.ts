import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import type { EdgeConfig } from './port.ts';
import { refuseConfig } from './render/check.ts';
import { configText } from './render/config.ts';
import { BODY_LUA } from './render/lua.ts';
import { maps, mapText } from './render/maps.ts';
import {
  certificateFile,
  certificateList,
  configFile,
  luaFile,
  MAPS,
  mapFile,
  pageFile,
} from './render/names.ts';
import { PAGES } from './render/pages.ts';
import type { EdgeSettings } from './settings.ts';

export interface Rendered {
  /** Of everything that only a reload changes. */
  readonly digest: string;
  /** Path to content; haproxy.cfg is among them. */
  readonly files: ReadonlyMap<string, string>;
}

/** A line of the certificate list: the file, then the names that it answers to. */
export const certificateLine = (
  files: string,
  certificate: { name: string; hosts: readonly string[] },
): string => `${certificateFile(files, certificate.name)} ${certificate.hosts.join(' ')}`;

/** Every file of the load balancer for this state. Refusals: `edge_config_refused`. */
export function render(settings: EdgeSettings, config: EdgeConfig): Outcome<Rendered> {
  const refused = refuseConfig(config);
  if (isRefusal(refused)) return refused;
  const { files } = settings;
  const { text, digest } = configText(settings, config);
  const entries = maps(config);
  const certificates = [...config.certificates].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    digest,
    files: new Map([
      ...MAPS.map((map) => [mapFile(files, map), mapText(entries[map])] as const),
      ...Object.entries(PAGES).map(([page, html]) => [pageFile(files, page), html] as const),
      [luaFile(files), BODY_LUA],
      ...certificates.map(
        (certificate) => [certificateFile(files, certificate.name), certificate.pem] as const,
      ),
      [certificateList(files), certificates.map((c) => `${certificateLine(files, c)}\n`).join('')],
      [configFile(files), text],
    ]),
  };
}
