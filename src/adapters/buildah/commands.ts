import type { JailCommand } from '../jail/port.ts';

const ENV = { _CONTAINERS_USERNS_CONFIGURED: '1', BUILDAH_ISOLATION: 'oci' };
const CA_DIR = '/etc/ssl/certs';
const CA = `${CA_DIR}/ca-certificates.crt`;
/** Seen by build steps and taken out of the image again: tools with certificates of their own take the platform's too. */
const STEP_ENV = ['NODE_EXTRA_CA_CERTS', 'PIP_CERT', 'COMPOSER_CAFILE'];

/** The name of the image while it is in the job's storage. */
export const IMAGE = 'localhost/app:latest';

/** Builds /jail/Dockerfile over /src. crun gets no cgroups: the jail's own already hold. */
export const build = (): JailCommand => ({
  argv: [
    'buildah',
    'build',
    '--layers',
    '--isolation',
    'oci',
    '--runtime',
    'crun',
    '--runtime-flag',
    'cgroup-manager=disabled',
    '--network',
    'host',
    '--pull=never',
    '--security-opt',
    'seccomp=/jail/seccomp.json',
    '--volume',
    `${CA_DIR}:${CA_DIR}:ro`,
    ...STEP_ENV.flatMap((name) => ['--env', `${name}=${CA}`, '--unsetenv', name]),
    '--file',
    '/jail/Dockerfile',
    '--tag',
    IMAGE,
    '/src',
  ],
  env: ENV,
  cwd: '/src',
});

/** Writes the image as an OCI layout. */
export const push = (jobId: string): JailCommand => ({
  argv: ['buildah', 'push', '--quiet', IMAGE, `oci:/out/${jobId}:latest`],
  env: ENV,
});

/** Takes a stack's layout into a store; says the image's id. */
export const pull = (): JailCommand => ({ argv: ['buildah', 'pull', '--quiet', 'oci:/stack'], env: ENV });
export const tag = (id: string, name: string, version: string): JailCommand => ({
  argv: ['buildah', 'tag', id, `localhost/bastide/${name}:latest`, `localhost/bastide/${name}:${version}`],
  env: ENV,
});
