import { type Contender, hostName, routeNumbers, type Site } from './contender.ts';

const HEADERS = {
  'Strict-Transport-Security': ['max-age=63072000'],
  'X-Content-Type-Options': ['nosniff'],
  'X-Frame-Options': ['SAMEORIGIN'],
  'Content-Security-Policy': ["base-uri 'self'; object-src 'none'; frame-ancestors 'self'"],
  'Referrer-Policy': ['strict-origin-when-cross-origin'],
  'Permissions-Policy': ['camera=(), microphone=(), geolocation=()'],
  'Cross-Origin-Opener-Policy': ['same-origin-allow-popups'],
};

const proxyTo = (dial: string) => ({ handler: 'reverse_proxy', upstreams: [{ dial }] });

/** One route for each name: Caddy's natural form, and what its file format makes of sites. */
const routePerName = (site: Site, dial: string) =>
  routeNumbers(site).map((route) => ({
    match: [{ host: [hostName(route)] }],
    handle: [proxyTo(dial)],
    terminal: true,
  }));

/** One route, the names in a table: what helps it with very many. */
const oneMap = (site: Site, dial: string) => [
  {
    handle: [
      {
        handler: 'map',
        source: '{http.request.host}',
        destinations: ['{target}'],
        defaults: [''],
        mappings: routeNumbers(site).map((route) => ({ input: hostName(route), outputs: [dial] })),
      },
      proxyTo('{target}'),
    ],
  },
];

const configOf = (site: Site, routes: readonly object[]) => ({
  admin: { disabled: true },
  logging: { logs: { default: { writer: { output: 'stdout' }, encoder: { format: 'json' } } } },
  apps: {
    http: {
      servers: {
        site: {
          listen: [`127.0.0.1:${site.port}`],
          logs: {},
          automatic_https: { disable: true },
          protocols: ['h1', 'h2'],
          read_header_timeout: '10s',
          tls_connection_policies: [
            {
              protocol_min: 'tls1.2',
              curves: ['x25519', 'secp256r1', 'secp384r1'],
              cipher_suites: [
                'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
                'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
                'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
              ],
            },
          ],
          routes: [
            { handle: [{ handler: 'headers', response: { set: HEADERS, delete: ['Server'] } }] },
            ...routes,
          ],
        },
      },
    },
    tls: {
      certificates: {
        load_files: [{ certificate: `${site.directory}/site.crt`, key: `${site.directory}/site.key` }],
      },
    },
  },
});

function contender(name: string, form: typeof oneMap | typeof routePerName, site: Site): Contender {
  const dial = `${site.app.address}:${site.app.port}`;
  const file = `${site.directory}/caddy.json`;
  return {
    name,
    routes: site.routes,
    port: site.port,
    files: new Map([
      [file, JSON.stringify(configOf(site, form(site, dial)))],
      [`${site.directory}/site.crt`, site.certificate],
      [`${site.directory}/site.key`, site.key],
    ]),
    argv: ['caddy', 'run', '--config', file],
  };
}

export const caddy = (site: Site): Contender => contender('Caddy', routePerName, site);
export const caddyMap = (site: Site): Contender => contender('Caddy, names in a `map`', oneMap, site);
