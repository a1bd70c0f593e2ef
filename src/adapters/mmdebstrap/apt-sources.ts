/** One entry of an apt configuration, whichever of the two formats it was written in. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string | undefined;
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** Reads the one-line format of sources.list(5). Lines that fetch source packages or that do not parse are left out. */
export function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[(?<options>[^\]]*)\]\s+)?(?<uri>\S+)\s+(?<suite>\S+)(?<rest>[^#]*)/.exec(
      line,
    );
    if (!match?.groups) return [];
    const { options = '', uri = '', suite = '', rest = '' } = match.groups;
    const signedBy = words(options)
      .find((option) => option.startsWith('signed-by='))
      ?.slice('signed-by='.length);
    return [{ uri, suites: [suite], components: words(rest), signedBy }];
  });
}

/** Reads the deb822 format of sources.list(5). Disabled paragraphs and inline keys (`Signed-By:` blocks) are respected. */
export function parseDeb822(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const fields = deb822Fields(paragraph);
    const types = words(fields.get('types') ?? '');
    if (!types.includes('deb') || /^(no|false|0)$/i.test(fields.get('enabled') ?? 'yes')) return [];
    const signedBy = fields.get('signed-by')?.trim();
    return words(fields.get('uris') ?? '').map((uri) => ({
      uri,
      suites: words(fields.get('suites') ?? ''),
      components: words(fields.get('components') ?? ''),
      signedBy: signedBy?.startsWith('/') ? signedBy : undefined,
    }));
  });
}

function deb822Fields(paragraph: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = '';
  for (const line of paragraph.split('\n')) {
    if (line.startsWith('#')) continue;
    const start = /^([A-Za-z0-9-]+):(.*)$/.exec(line);
    if (start) {
      name = start[1]!.toLowerCase();
      fields.set(name, start[2]!.trim());
    } else if (name !== '') fields.set(name, `${fields.get(name)} ${line.trim()}`);
  }
  return fields;
}
