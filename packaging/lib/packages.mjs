// Pure half of the package installation. Plain JavaScript: it runs under the system's own Node 20.

/**
 * The package names of the wanted sections of packaging/debian-packages.txt.
 * @param {string} text
 * @param {readonly string[]} sections
 * @returns {string[]}
 */
export function parsePackageList(text, sections) {
  const wanted = [];
  const seen = new Set();
  let section = '';
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/#.*/, '').trim();
    if (line === '') continue;
    const heading = /^\[([a-z]+)\]$/.exec(line);
    if (heading) {
      section = heading[1];
      seen.add(section);
      continue;
    }
    const name = line.split(/\s+/)[0];
    if (section === '' || !/^[a-z0-9][a-z0-9.+-]+$/.test(name)) {
      throw new Error(`debian-packages.txt line ${index + 1}: not a package in a section: ${raw}`);
    }
    if (sections.includes(section)) wanted.push(name);
  }
  for (const name of sections)
    if (!seen.has(name)) throw new Error(`debian-packages.txt has no section [${name}]`);
  return wanted;
}

/**
 * What is not installed, by the words of `dpkg-query -W -f '${Package} ${db:Status-Status}\n'`.
 * @param {readonly string[]} wanted
 * @param {string} dpkgQuery
 * @returns {string[]}
 */
export function missingPackages(wanted, dpkgQuery) {
  const installed = new Set();
  for (const line of dpkgQuery.split('\n')) {
    const [name, status] = line.trim().split(' ');
    if (status === 'installed') installed.add(name);
  }
  return wanted.filter((name) => !installed.has(name));
}

/**
 * The npm packages that package-lock.json wants and npm's own record of node_modules does not have.
 * Optional ones may be missing: they are other platforms' binaries.
 * @param {{packages: Record<string, {version?: string, optional?: boolean, link?: boolean}>}} lock
 * @param {{packages: Record<string, {version?: string}>} | undefined} installed
 * @returns {string[]}
 */
export function missingModules(lock, installed) {
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path !== '' && !entry.optional && !entry.link)
    .filter(([path, entry]) => installed?.packages[path]?.version !== entry.version)
    .map(([path]) => path);
}

/**
 * Daemons that a package brings, from its file list (`dpkg -L`): they are switched off after the installation,
 * because the platform starts its own and nobody else's.
 * @param {string} listing
 * @returns {{units: string[], scripts: string[]}}
 */
export function daemonsOf(listing) {
  const files = listing.split('\n');
  const pick = (/** @type {RegExp} */ pattern) => files.flatMap((file) => pattern.exec(file)?.[1] ?? []);
  return {
    units: pick(/^(?:\/usr)?\/lib\/systemd\/system\/([^/@]+\.(?:service|socket|timer))$/),
    scripts: pick(/^\/etc\/init\.d\/([^/]+)$/),
  };
}

/**
 * Why this machine cannot run Bastide at all, or nothing.
 * @param {{osRelease: string, arch: string, uid: number}} facts
 * @returns {string | undefined}
 */
export function refuseMachine({ osRelease, arch, uid }) {
  const field = (/** @type {string} */ name) =>
    new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1] ?? 'unknown';
  if (field('ID') !== 'debian' || field('VERSION_ID') !== '12') {
    return `Bastide runs on Debian 12 (bookworm); this is ${field('PRETTY_NAME')}. Use a Debian 12 machine.`;
  }
  if (arch !== 'x64') return `Bastide runs on x86-64; this is ${arch}. Use an x86-64 machine.`;
  if (uid !== 0)
    return 'Bastide needs root to install packages and to run its agent. Run the same command with sudo.';
  return undefined;
}
