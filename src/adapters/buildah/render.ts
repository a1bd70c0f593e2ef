import seccomp from './seccomp.json' with { type: 'json' };

/** Place inside of a stack's read-only image store. */
export const storePlace = (name: string): string => `/stores/${name}`;

/**
 * The jail's own settings of buildah. No registry is asked for anything: names are looked up in the stores alone.
 */
export function renderFiles(stackNames: readonly string[], dockerfile?: string): Record<string, string> {
  const stores = stackNames.map((name) => `"${storePlace(name)}/root"`).join(', ');
  return {
    '/etc/subuid': 'root:0:65536\n',
    '/etc/subgid': 'root:0:65536\n',
    '/etc/containers/policy.json': '{"default":[{"type":"insecureAcceptAnything"}]}\n',
    '/etc/containers/registries.conf': 'unqualified-search-registries = []\nshort-name-mode = "disabled"\n',
    '/etc/containers/storage.conf': [
      '[storage]',
      'driver = "overlay"',
      'graphroot = "/storage/root"',
      'runroot = "/run/c"',
      '[storage.options]',
      `additionalimagestores = [${stores}]`,
      '',
    ].join('\n'),
    '/jail/seccomp.json': JSON.stringify(seccomp),
    ...(dockerfile === undefined ? {} : { '/jail/Dockerfile': dockerfile }),
  };
}
