/** A physical backup, from which every moment between `from` and `until` can be reached. */
export interface Span {
  readonly id: string;
  readonly from: Date;
  readonly until: Date | null;
  /** Its vault answers. */
  readonly ready: boolean;
  /** Its database runs and goes on archiving: what it has not sent yet is sent before a restore. */
  readonly growing: boolean;
}

/**
 * The physical backup by which a moment is reached the soonest: the youngest before it, in a vault that answers. Where
 * none reaches it, `id` is null and the span is the whole of what can be reached.
 */
export function chooseBase(
  spans: readonly Span[],
  to: Date,
  now: Date,
): { readonly id: string | null; readonly from: Date | null; readonly until: Date | null } {
  const reaching = spans
    .filter(
      ({ from, until, growing }) => from <= to && ((until !== null && until >= to) || (growing && to <= now)),
    )
    .sort((a, b) => Number(b.ready) - Number(a.ready) || b.from.getTime() - a.from.getTime());
  const best = reaching[0];
  if (best) return { id: best.id, from: best.from, until: best.until };
  const known = spans.filter(({ until, from }) => until !== null && until > from);
  const times = (pick: (span: Span) => Date | null) => known.flatMap((span) => pick(span)?.getTime() ?? []);
  if (known.length === 0) return { id: null, from: null, until: null };
  return {
    id: null,
    from: new Date(Math.min(...times((span) => span.from))),
    until: new Date(Math.max(...times((span) => span.until))),
  };
}

/** The physical backup whose write-ahead log leads the furthest, if that is beyond `than`; of equal ones the youngest. */
export function furthest<T extends Span>(
  spans: readonly T[],
  than: Date,
): (T & { readonly until: Date }) | undefined {
  const beyond = spans.filter(
    (span): span is T & { until: Date } => span.until !== null && span.until > than && span.until > span.from,
  );
  return beyond.sort(
    (a, b) =>
      Number(b.ready) - Number(a.ready) ||
      b.until.getTime() - a.until.getTime() ||
      b.from.getTime() - a.from.getTime(),
  )[0];
}
