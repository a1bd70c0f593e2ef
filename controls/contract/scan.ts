import type { Port, Tools } from './tools.ts';

const AT_ONCE = 256;

/** Knocks at many ports of an address; answers those that are not closed or silent, and how many were asked. */
export async function scan(
  tools: Tools,
  host: string,
  ports: readonly number[],
  timeoutMs = 2000,
): Promise<{ readonly asked: number; readonly open: number[]; readonly answers: Record<Port, number> }> {
  const left = [...ports];
  const open: number[] = [];
  const answers: Record<Port, number> = { open: 0, closed: 0, silent: 0, unreachable: 0 };
  const worker = async () => {
    for (let port = left.pop(); port !== undefined; port = left.pop()) {
      const answer = await tools.port(host, port, timeoutMs);
      answers[answer] += 1;
      if (answer === 'open') open.push(port);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { asked: ports.length, open: open.sort((a, b) => a - b), answers };
}
