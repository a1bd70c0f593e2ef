export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
  readonly sourceVersion: string;
}

/** Reads /var/lib/dpkg/status: the packages that are installed, in its order. */
export function parseDpkgStatus(status: string): DebianPackage[] {
  return status.split(/\n\n+/).flatMap((paragraph) => {
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1]?.trim();
    const name = field('Package');
    const version = field('Version');
    if (!name || !version || !field('Status')?.endsWith(' installed')) return [];
    const source = /^(\S+)(?: \((.*)\))?$/.exec(field('Source') ?? name);
    return [
      {
        name,
        version,
        architecture: field('Architecture') ?? 'all',
        source: source?.[1] ?? name,
        sourceVersion: source?.[2] ?? version,
      },
    ];
  });
}

/** The time of a mirror's state: the youngest `Date:` of its release files. */
export function mirrorDate(releases: readonly string[]): Date | undefined {
  const dates = releases.flatMap((text) => {
    const date = Date.parse(/^Date: (.*)$/m.exec(text)?.[1] ?? '');
    return Number.isNaN(date) ? [] : [date];
  });
  return dates.length > 0 ? new Date(Math.max(...dates)) : undefined;
}
