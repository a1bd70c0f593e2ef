export function helpOf(command: string): string | undefined;
export function asksForHelp(args: readonly string[]): boolean;
