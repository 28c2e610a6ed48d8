/** KL, JS and total variation of two distributions, as wgan_keras computes them. */

type Numbers = ArrayLike<number>;

function normalised(values: Numbers): Float64Array {
  const result = Float64Array.from(values);
  const sum = result.reduce((a, b) => a + b, 0);
  return result.map((value) => value / sum);
}

/** KL(P‖Q) in nats; infinite where q is 0 and p is not. Counts are normalised. */
export function klDivergence(p: Numbers, q: Numbers): number {
  const [a, b] = [normalised(p), normalised(q)];
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] > 0 && b[i] === 0) return Number.POSITIVE_INFINITY;
    if (a[i] > 0) sum += a[i] * Math.log(a[i] / b[i]);
  }
  return Math.max(0, sum);
}

/** Jensen-Shannon divergence in nats, from 0 to log 2. */
export function jsDivergence(p: Numbers, q: Numbers): number {
  const [a, b] = [normalised(p), normalised(q)];
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] > 0) sum += a[i] * Math.log(a[i] / (a[i] + b[i]));
    if (b[i] > 0) sum += b[i] * Math.log(b[i] / (a[i] + b[i]));
  }
  return Math.max(0, Math.LN2 + sum / 2);
}

/** Half the sum of |p − q|, from 0 to 1. */
export function totalVariation(p: Numbers, q: Numbers): number {
  const [a, b] = [normalised(p), normalised(q)];
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return Math.min(1, sum / 2);
}

/** Counts points in square cells over [−extent, extent]²; outliers go to the border cells. */
export function countOnGrid(
  points: Float64Array,
  count: number,
  cells: number,
  extent: number,
): Float64Array {
  const counts = new Float64Array(cells * cells);
  const cell = (x: number) =>
    Math.min(cells - 1, Math.max(0, Math.floor(((x / extent + 1) / 2) * cells)));
  for (let s = 0; s < count; s++) counts[cell(points[2 * s + 1]) * cells + cell(points[2 * s])]++;
  return counts;
}
