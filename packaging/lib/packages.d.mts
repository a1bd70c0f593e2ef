export function parsePackageList(text: string, sections: readonly string[]): string[];
export function missingPackages(wanted: readonly string[], dpkgQuery: string): string[];
export function missingModules(
  lock: { packages: Record<string, { version?: string; optional?: boolean; link?: boolean }> },
  installed: { packages: Record<string, { version?: string }> } | undefined,
): string[];
export function daemonsOf(listing: string): { units: string[]; scripts: string[] };
export function refuseMachine(facts: { osRelease: string; arch: string; uid: number }): string | undefined;
