/** Spaces requests evenly: given the time, how long this one must still wait. */
export function makeCeiling(perSecond: number | undefined): (now: number) => number {
  if (perSecond === undefined) return () => 0;
  const spacing = 1_000 / perSecond;
  let next = 0;
  return (now) => {
    const at = Math.max(now, next);
    next = at + spacing;
    return at - now;
  };
}
