import { z } from 'zod';
import { LogLine, OperationView, OutputChunk, StepView } from '../kernel/operation.ts';
import { isRefusal, type Outcome, refusalFrom } from '../kernel/refusal.ts';
import { sleep } from '../kernel/time.ts';
import { type Client, path } from './client.ts';
import { operationFailed, stillRunning } from './errors.ts';
import { type Printer, plain } from './print.ts';
import type { ServerEvent } from './sse.ts';

/** Milliseconds between two attempts to connect again, and how many in a row. */
const RETRY = 1000;
const RETRIES = 30;

export interface FollowOptions {
  /** Pieces of a stream (logs -t, run); printed as they are unless told otherwise. */
  readonly onOutput?: (chunk: OutputChunk) => void;
  /** No steps and no log lines, as for a stream. */
  readonly quiet?: boolean;
}

const seconds = (step: StepView): string => {
  if (step.finishedAt === null) return '';
  return `${((Date.parse(step.finishedAt) - Date.parse(step.startedAt)) / 1000).toFixed(1)} s`;
};

function showStep(print: Printer, step: StepView): void {
  const { colors } = print;
  if (step.status === 'started') print.line(`${colors.cyan('•')} ${step.summary}`);
  if (step.status === 'done') print.line(`${colors.green('✓')} ${step.summary} ${colors.dim(seconds(step))}`);
  if (step.status === 'failed') print.line(`${colors.red('✗')} ${step.summary}`);
}

function show(print: Printer, event: ServerEvent, options: FollowOptions): OperationView | undefined {
  if (event.event === 'end') return OperationView.safeParse(event.data).data;
  if (event.event === 'output') {
    const chunk = OutputChunk.safeParse(event.data).data;
    if (chunk) (options.onOutput ?? (({ data, source }) => print.raw(data, source)))(chunk);
    return undefined;
  }
  if (options.quiet || print.json) return undefined;
  if (event.event === 'step') {
    const step = StepView.safeParse(event.data).data;
    if (step) showStep(print, step);
  }
  if (event.event === 'log') {
    const line = LogLine.safeParse(event.data).data;
    if (line) print.line(`  ${print.colors.dim(`${plain(line.source)} │`)} ${plain(line.line)}`);
  }
  return undefined;
}

/**
 * Shows an operation until it ends, across broken connections. A failed operation is its own refusal; a person who
 * stops watching gets `cli_stopped_watching`, and the operation goes on.
 */
export async function follow(
  api: Client,
  print: Printer,
  operationId: string,
  signal: AbortSignal,
  options: FollowOptions = {},
): Promise<Outcome<OperationView>> {
  let last: string | undefined;
  for (let failures = 0; failures < RETRIES; ) {
    const events = await api.events(path`/v1/operations/${operationId}/events`, last, signal);
    if (signal.aborted) return stillRunning(operationId);
    if (isRefusal(events) && events.code !== 'cli_unreachable') return events;
    if (!isRefusal(events))
      for await (const event of events) {
        failures = 0;
        last = event.id ?? last;
        const end = show(print, event, options);
        if (end?.failure) return refusalFrom(end.failure);
        if (end) return end.status === 'succeeded' ? end : operationFailed(end.kind);
      }
    if (signal.aborted) return stillRunning(operationId);
    failures += 1;
    await sleep(RETRY, signal);
  }
  const seen = await api.get(path`/v1/operations/${operationId}`, z.object({ kind: z.string() }));
  return isRefusal(seen) ? seen : stillRunning(operationId);
}
