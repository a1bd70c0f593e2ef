import { type Contender, hostName, routeNumbers, type Site } from './contender.ts';

const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
].join(':');

const HEADERS = [
  'Strict-Transport-Security max-age=63072000',
  'X-Content-Type-Options nosniff',
  'X-Frame-Options SAMEORIGIN',
  `Content-Security-Policy "base-uri 'self'; object-src 'none'; frame-ancestors 'self'"`,
  'Referrer-Policy strict-origin-when-cross-origin',
  'Permissions-Policy "camera=(), microphone=(), geolocation=()"',
  'Cross-Origin-Opener-Policy same-origin-allow-popups',
]
  .map((header) => `      add_header ${header} always;`)
  .join('\n');

/** nginx as an administrator would set it up for many sites: a map of names, limits, headers, an access log. */
export function nginx(site: Site): Contender {
  const { directory: dir, app } = site;
  const target = `${app.address}:${app.port}`;
  const text = `daemon off;
user root;
worker_processes auto;
worker_rlimit_nofile 16384;
pid ${dir}/nginx.pid;
error_log /dev/null;
events { worker_connections 8000; }
http {
  log_format one escape=json '{"at":$msec,"id":"$request_id","client":"$remote_addr","host":"$host","method":"$request_method","path":"$uri","status":$status,"bytes":$body_bytes_sent,"seconds":$request_time}';
  access_log /dev/stdout one;
  keepalive_requests 100000000;
  map_hash_max_size 65536;
  map_hash_bucket_size 128;
  map $host $target {
    default "";
${routeNumbers(site)
  .map((route) => `    ${hostName(route)} app;`)
  .join('\n')}
  }
  limit_req_zone $binary_remote_addr zone=client:10m rate=1000000r/s;
  limit_req_zone $host zone=site:10m rate=1000000r/s;
  limit_conn_zone $binary_remote_addr zone=connections:10m;
  upstream app { server ${target}; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${site.port} ssl http2;
    ssl_certificate ${dir}/site.crt;
    ssl_certificate_key ${dir}/site.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ${CIPHERS};
    ssl_ecdh_curve X25519:P-256:P-384;
    ssl_session_tickets off;
    ssl_session_cache shared:tls:10m;
    client_header_timeout 10s;
    client_body_timeout 10s;
    client_max_body_size 10m;
    server_tokens off;
    location / {
      limit_req zone=client burst=100000 nodelay;
      limit_req zone=site burst=100000 nodelay;
      limit_conn connections 10000;
      if ($target = "") { return 404; }
      proxy_pass http://$target;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header X-Request-Id $request_id;
${HEADERS}
    }
  }
}
`;
  return {
    name: 'nginx',
    routes: site.routes,
    port: site.port,
    files: new Map([
      [`${dir}/nginx.conf`, text],
      [`${dir}/site.crt`, site.certificate],
      [`${dir}/site.key`, site.key],
    ]),
    argv: ['nginx', '-e', '/dev/null', '-p', dir, '-c', `${dir}/nginx.conf`],
  };
}
