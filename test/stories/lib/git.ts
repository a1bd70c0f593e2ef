import { join } from 'node:path';
import { INTERNET_ADDRESS } from '../../lab/topology.ts';
import type { Platform } from './platform.ts';

const KEY = '/run/lab/git.key';
const CERTIFICATE = '/run/lab/git.pem';
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

/** Serves a directory of the desk as https://git.test/shop.git from beyond the router; the node trusts its certificate. */
export async function serveGit(
  { desk, node }: Platform,
  directory: string,
): Promise<{ url: string; commit: string }> {
  const subject = ['-subj', '/CN=git.test', '-addext', 'subjectAltName=DNS:git.test'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await desk.must(['openssl', 'req', ...kind, ...subject, '-keyout', KEY, '-out', CERTIFICATE]);
  node.host.writeFile(BUNDLE, `${node.host.readFile(BUNDLE)}\n${desk.readFile(CERTIFICATE)}`);

  const git = (...args: string[]) =>
    desk.must(['git', '-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.org', ...args]);
  await git('init', '--quiet', '--initial-branch=main', directory);
  await git('-C', directory, 'add', '--all');
  await git('-C', directory, 'commit', '--quiet', '--message=All of it');
  const commit = (await git('-C', directory, 'rev-parse', 'HEAD')).trim();
  const root = `/run/lab/git-${commit.slice(0, 8)}`;
  await git('clone', '--quiet', '--bare', directory, join(root, 'shop.git'));
  const server = desk.spawn([
    process.execPath,
    join(import.meta.dirname, 'git-server.ts'),
    INTERNET_ADDRESS,
    KEY,
    CERTIFICATE,
    root,
  ]);
  await server.says(/listening/);
  return { url: 'https://git.test/shop.git', commit };
}
