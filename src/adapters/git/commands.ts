import type { JailCommand } from '../jail/port.ts';

const CA = '/etc/ssl/certs/ca-certificates.crt';
const REPO = '/out/repo';
export const ARCHIVE = 'source.tar';

const ENV = {
  GIT_ALLOW_PROTOCOL: 'https',
  GIT_ASKPASS: '/usr/bin/false',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_SSL_CAINFO: CA,
  GIT_TERMINAL_PROMPT: '0',
};

const git = (...args: string[]): JailCommand => ({
  argv: [
    'git',
    ...['-c', 'protocol.allow=never', '-c', 'protocol.https.allow=always'],
    ...['-c', 'core.hooksPath=/dev/null', '-c', 'credential.helper=', '-c', 'submodule.recurse=false'],
    ...[
      '-c',
      'fetch.fsckObjects=true',
      '-c',
      'gc.auto=0',
      '-c',
      'http.lowSpeedLimit=1000',
      '-c',
      'http.lowSpeedTime=30',
    ],
    ...args,
  ],
  env: ENV,
});

export const init = (): JailCommand => git('init', '--quiet', '--bare', '--template=', REPO);
export const fetch = (href: string, ref: string): JailCommand =>
  git('-C', REPO, 'fetch', '--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--', href, ref);
export const resolve = (): JailCommand =>
  git('-C', REPO, 'rev-parse', '--verify', '--quiet', '--end-of-options', 'FETCH_HEAD^{commit}');
export const archive = (commit: string): JailCommand =>
  git('-C', REPO, 'archive', '--format=tar', `--output=/out/${ARCHIVE}`, commit);
