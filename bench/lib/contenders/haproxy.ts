import { configFile } from '../../../src/adapters/haproxy/render/names.ts';
import { renderBastide } from './bastide.ts';
import type { Contender, Site } from './contender.ts';

/** HAProxy that does nothing but TLS and passing on, with the very TLS lines of the platform's edge. */
export function haproxy(site: Site): Contender {
  const ours = renderBastide(site).files.get(configFile(site.directory)) ?? '';
  const tls = ours.split('\n').filter((line) => line.trim().startsWith('ssl-default-bind-'));
  if (tls.length < 4) throw new Error('the edge has no TLS lines any more');
  const file = `${site.directory}/bare.cfg`;
  const pem = `${site.directory}/bare.pem`;
  const text = `global
    maxconn 8000
${tls.join('\n')}

defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 60s

frontend https
    bind 127.0.0.1:${site.port} ssl crt ${pem} alpn h2,http/1.1
    default_backend app

backend app
    http-reuse safe
    server app ${site.app.address}:${site.app.port}
`;
  return {
    name: 'HAProxy, bare',
    routes: site.routes,
    port: site.port,
    files: new Map([
      [file, text],
      [pem, site.certificate + site.key],
    ]),
    argv: ['haproxy', '-W', '-db', '-f', file],
  };
}
