import { Refusal } from '../../kernel/refusal.ts';

export const edgeConfigRefused = (why: string): Refusal =>
  new Refusal(
    'edge_config_refused',
    `The edge refuses the configuration: ${why}`,
    'Nothing was changed. Report this with the log of the operation.',
  );

export const edgeUnreachable = (socket: string, why: string): Refusal =>
  new Refusal(
    'edge_unreachable',
    `The edge does not answer on ${socket}: ${why}`,
    'Run npm run doctor; the edge starts with the routes that were written.',
  );

export const edgeCommandRefused = (command: string, said: string): Refusal =>
  new Refusal(
    'edge_command_refused',
    `The edge refused "${command}": ${said}`,
    'It is tried again within seconds; see the log if it stays.',
  );

export const edgeReloadFailed = (why: string): Refusal =>
  new Refusal(
    'edge_reload_failed',
    `The edge did not take the new configuration: ${why}`,
    'The old one was put back and serves. See its log.',
  );
