/** The number of entries of half the table. */
const count = 2048;

/**
 * Half of the table that latents are added up from: equally likely values of a normal
 * distribution of variance ½, those above 0, ascending.
 *
 * They are quantiles, found by Newton's method, each from the one before.
 *
 * Reference: Marsaglia (2004), "Evaluating the Normal Distribution", for the series of Φ.
 */
function quantiles(): Float32Array {
  const values = new Float64Array(count);
  let x = 0;
  for (let i = 0; i < count; i++) {
    const above = (i + 0.5) / (2 * count); // Φ(x) − ½
    for (let step = 0; step < 5; step++) {
      const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
      let [term, sum] = [x, x];
      for (let n = 3; term > 1e-17 * sum; n += 2) {
        term *= (x * x) / n;
        sum += term;
      }
      x += above / density - sum;
    }
    values[i] = x;
  }
  const variance = values.reduce((total, value) => total + value * value, 0) / count;
  return Float32Array.from(values, (value) => value / Math.sqrt(2 * variance));
}

export const halfNormals = quantiles();
