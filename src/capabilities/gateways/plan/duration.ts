import { GRANT_SECONDS } from '../model.ts';

const TIME = /^(?:(\d{1,3})h)?(?:(\d{1,4})m)?$/;

/** `1h`, `30m`, `2h30m` in seconds; undefined where it is none, or not between a minute and a day. */
export function secondsOf(text: string): number | undefined {
  const [, hours = '0', minutes = '0'] = TIME.exec(text) ?? [];
  const seconds = Number(hours) * 3600 + Number(minutes) * 60;
  return seconds >= GRANT_SECONDS.least && seconds <= GRANT_SECONDS.most ? seconds : undefined;
}
