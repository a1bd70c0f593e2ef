import type { Command } from '../../kernel/command.ts';

export const listAddresses: Command = { argv: ['ip', '-json', 'address', 'show'], timeoutMs: 20_000 };
