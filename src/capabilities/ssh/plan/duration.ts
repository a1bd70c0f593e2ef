import { ENTRY_SECONDS } from '../model.ts';

const TIME = /^(?:(\d)d)?(?:(\d{1,3})h)?(?:(\d{1,4})m)?$/;

/** `7d`, `1h`, `2h30m` in seconds; undefined where it is none, or not between a minute and seven days. */
export function secondsOf(text: string): number | undefined {
  const [, days = '0', hours = '0', minutes = '0'] = TIME.exec(text) ?? [];
  const seconds = Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60;
  return seconds >= ENTRY_SECONDS.least && seconds <= ENTRY_SECONDS.most ? seconds : undefined;
}
