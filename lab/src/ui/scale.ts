/** Linear and logarithmic scales with round ticks: d3-scale would be 30 kB of the page. */

export interface Scale {
  (value: number): number;
  /** About `count` round values within the domain. */
  ticks(count: number): number[];
}

/** A step of 1, 2 or 5 times a power of ten, of which about `count` make up the span. */
function roundStep(span: number, count: number): number {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => rough <= one * power * 1.0001) ?? 10;
  return factor * power;
}

/** @param nice How many ticks there will be, if the domain is to be widened to round values. */
export function linearScale(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
  nice = 0,
): Scale {
  let [start, end] = [low, high];
  if (nice && high > low) {
    const step = roundStep(high - low, nice);
    [start, end] = [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
  }
  const span = end - start || 1;
  const scale = (value: number) => from + ((value - start) / span) * (to - from);
  const ticks = (count: number) => {
    const step = roundStep(Math.abs(span), count);
    const first = Math.ceil(Math.min(start, end) / step - 1e-9);
    const last = Math.floor(Math.max(start, end) / step + 1e-9);
    return Array.from({ length: last - first + 1 }, (_, i) =>
      Number(((first + i) * step).toPrecision(12)),
    );
  };
  return Object.assign(scale, { ticks });
}

/** Ticks are powers of ten, every one or every few; values beyond the domain stay at its ends. */
export function logScale(
  [low, high]: readonly [number, number],
  range: readonly [number, number],
): Scale {
  const [start, end] = [Math.log10(low), Math.log10(high)];
  const inner = linearScale([start, end], range);
  const scale = (value: number) => inner(Math.min(end, Math.max(start, Math.log10(value))));
  const ticks = (count: number) => {
    const every = Math.max(1, Math.ceil((end - start) / count));
    const first = Math.ceil(start / every - 1e-9);
    const last = Math.floor(end / every + 1e-9);
    return Array.from({ length: last - first + 1 }, (_, i) => 10 ** ((first + i) * every));
  };
  return Object.assign(scale, { ticks });
}
