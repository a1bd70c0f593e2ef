import { join } from 'node:path';
import type { LabHost } from '../../lab/host.ts';

/** WordPress and what its files refer to, as Debian packages them. */
const PACKAGES = [
  'wordpress',
  'wordpress-theme-twentytwentythree',
  'libjs-cropper',
  'libjs-prototype',
  'libjs-underscore',
  'php-getid3',
];

/**
 * The one file that WordPress asks its owner to write. The flag 1 << 30 is CLIENT_SSL_VERIFY_SERVER_CERT of MySQL's
 * protocol; whom the server has to be signed by is in .user.ini.
 */
const CONFIG = `<?php
$url = parse_url((string) getenv('DATABASE_URL'));
define('DB_NAME', ltrim($url['path'], '/'));
define('DB_USER', $url['user']);
define('DB_PASSWORD', rawurldecode($url['pass']));
define('DB_HOST', "{$url['host']}:{$url['port']}");
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL | 1 << 30);
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    define($name . '_KEY', $name . getenv('SECRET'));
    define($name . '_SALT', $name . getenv('SECRET'));
}
define('DISALLOW_FILE_MODS', true);
define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
$table_prefix = 'wp_';
defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
`;

/** Well when its database answers it over TLS. */
const UP = `<?php
define('SHORTINIT', true);
require __DIR__ . '/wp-load.php';
$row = $wpdb->get_row("show status like 'Ssl_version'");
http_response_code($row ? 200 : 503);
echo $row->Value ?? 'no database';
`;

/** Puts WordPress into a directory of the host, ready to be deployed on the php stack; answers the directory. */
export async function wordpress(desk: LabHost): Promise<string> {
  const home = '/run/lab/wordpress';
  const app = join(home, 'app');
  await desk.must(['mkdir', '-p', join(home, 'deb'), app]);
  await desk.must(['apt-get', 'download', '-o', 'APT::Sandbox::User=root', ...PACKAGES], {
    cwd: join(home, 'deb'),
  });
  const packages = (await desk.must(['ls', join(home, 'deb')])).trim().split('\n');
  for (const deb of packages) await desk.must(['dpkg-deb', '-x', join(home, 'deb', deb), join(home, 'tree')]);
  const from = join(home, 'tree/usr/share/wordpress');
  await desk.must(['rm', '-f', join(from, '.htaccess'), join(from, 'wp-config.php')]);
  await desk.must(['cp', '-rL', `${from}/.`, app]);
  desk.writeFile(join(app, 'wp-config.php'), CONFIG);
  desk.writeFile(join(app, 'up.php'), UP);
  desk.writeFile(join(app, '.user.ini'), 'openssl.cafile = /etc/bastide/ca.pem\n');
  const health = { healthchecks: { web: [{ type: 'startup', path: '/up.php' }] } };
  desk.writeFile(join(app, 'app.json'), JSON.stringify(health));
  return app;
}

const member = (name: string, value: string) =>
  `<member><name>${name}</name><value><string>${value}</string></value></member>`;

/** The request with which WordPress's own clients publish a post. */
export const newPost = (user: string, password: string, title: string, text: string): string =>
  `<?xml version="1.0"?><methodCall><methodName>wp.newPost</methodName><params><param><value><int>1</int></value></param>${[
    user,
    password,
  ]
    .map((word) => `<param><value><string>${word}</string></value></param>`)
    .join(
      '',
    )}<param><value><struct>${member('post_title', title)}${member('post_content', text)}${member('post_status', 'publish')}</struct></value></param></params></methodCall>`;
