import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const ENTER = join(import.meta.dirname, 'bin', 'enter.sh');
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
};

const DAEMON_GRACE_MS = 1000;

export interface Ran {
  /** Exit code; 128 + n when signal n ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  /** Killed after this long; default ten minutes. */
  readonly timeoutMs?: number;
}

/** A program that runs inside a host. It ends with the host, and with the test process. */
export class LabProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Exit code; 128 + n when signal n ended it. */
  readonly exited: Promise<number>;
  stdout = '';
  stderr = '';

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    child.stdin.on('error', () => {});
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      const answer = (code: number | null, signal: string | null) =>
        resolve(code ?? (signal === 'SIGKILL' ? 137 : 143));
      child.once('close', answer);
      // A daemon that it left behind may hold its output open for ever; what it said itself is in by then.
      child.once('exit', (code, signal) => setTimeout(answer, DAEMON_GRACE_MS, code, signal).unref());
    });
  }

  /** The program's process id as the machine sees it; undefined before it started and after it ended. */
  get pid(): number | undefined {
    try {
      const outer = this.child.pid;
      const inner = readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8').trim().split(' ')[0];
      return inner ? Number(inner) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Signals the program itself, not the wrapper around it. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    const pid = this.pid;
    if (pid !== undefined) process.kill(pid, signal);
    else this.child.kill(signal);
  }

  /** Waits for a line of either output that matches. */
  async says(pattern: RegExp, timeoutMs = 30_000): Promise<void> {
    const started = performance.now();
    while (!pattern.test(this.stdout) && !pattern.test(this.stderr)) {
      if (this.child.exitCode !== null || performance.now() - started > timeoutMs)
        throw new Error(`${pattern} was not said; stdout: ${this.stdout} stderr: ${this.stderr}`);
      await sleep(20);
    }
  }
}

/** One machine of the lab. */
export class LabHost {
  readonly name: string;
  /** Its public address. */
  readonly address: string;
  /** Its init, as the machine sees it. */
  readonly pid: number;
  readonly #procs: readonly string[];

  constructor(name: string, address: string, pid: number, procs: readonly string[]) {
    this.name = name;
    this.address = address;
    this.pid = pid;
    this.#procs = procs;
  }

  spawn(argv: readonly string[], options: RunOptions = {}): LabProcess {
    const args = [ENTER, String(this.pid), options.cwd ?? '/', ...this.#procs, '--', ...argv];
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'sh', ...args], {
      env: { ...ENVIRONMENT, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const running = new LabProcess(child);
    if (options.stdin !== undefined) child.stdin.end(options.stdin);
    return running;
  }

  /** Runs a program to its end. A non-zero exit is an answer. */
  async exec(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const running = this.spawn(argv, options);
    if (options.stdin === undefined) running.child.stdin.end();
    const timer = setTimeout(() => running.kill('SIGKILL'), options.timeoutMs ?? 600_000);
    const code = await running.exited;
    clearTimeout(timer);
    return { code, stdout: running.stdout, stderr: running.stderr };
  }

  /** Runs a program that has to succeed; answers what it printed. */
  async must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const ran = await this.exec(argv, options);
    if (ran.code === 0) return ran.stdout;
    throw new Error(`${this.name}: ${argv.join(' ')} ended with ${ran.code}\n${ran.stdout}${ran.stderr}`);
  }

  /**
   * The same file as seen from the test process, for reading, writing and connecting to unix sockets.
   * Absolute symbolic links on the way resolve in the test's view: name real paths (`/run`, not `/var/run`).
   */
  path(inside: string): string {
    return join(`/proc/${this.pid}/root`, inside);
  }

  readFile(inside: string): string {
    return readFileSync(this.path(inside), 'utf8');
  }

  writeFile(inside: string, content: string | Uint8Array, mode = 0o644): void {
    mkdirSync(dirname(this.path(inside)), { recursive: true });
    writeFileSync(this.path(inside), content, { mode });
  }

  /** Whether something listens on the TCP port, on any address. */
  listening(port: number): boolean {
    const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    return ['tcp', 'tcp6'].some((file) =>
      readFileSync(`/proc/${this.pid}/net/${file}`, 'utf8')
        .split('\n')
        .some(
          (line) => line.trim().split(/\s+/)[1]?.endsWith(wanted) && line.trim().split(/\s+/)[3] === '0A',
        ),
    );
  }

  async waitListening(port: number, timeoutMs = 30_000): Promise<void> {
    const started = performance.now();
    while (!this.listening(port)) {
      if (performance.now() - started > timeoutMs)
        throw new Error(`${this.name}: nothing listens on port ${port}`);
      await sleep(20);
    }
  }
}
