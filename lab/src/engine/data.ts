/** Distributions in the plane, within [−1, 1]; the named ones as in wgan_keras' toy_points. */

import type { Random } from "./random";

export const DATA_NAMES = [
  "lines",
  "8-gaussians",
  "25-gaussians",
  "swiss-roll",
  "moons",
  "drawn",
] as const;
export type DataName = (typeof DATA_NAMES)[number];

export const LINE_PLACE = 0.66; // the middle of a cell of the grid, so that JS falls when the lines meet // the real line; the generated one starts at its negative
export const LINE_HALF_HEIGHT = 0.8;
const SPREAD = 0.02;

/** Centres of the modes, x and y in turn; empty where a distribution has none. */
export function modesOf(name: DataName): Float64Array {
  const modes: number[] = [];
  if (name === "8-gaussians")
    for (let i = 0; i < 8; i++)
      modes.push(0.8 * Math.cos((i * Math.PI) / 4), 0.8 * Math.sin((i * Math.PI) / 4));
  if (name === "25-gaussians")
    for (let i = 0; i < 25; i++) modes.push(0.4 * (i % 5) - 0.8, 0.4 * Math.floor(i / 5) - 0.8);
  return Float64Array.from(modes);
}

/** A function that fills an array with fresh points; `drawn` holds a reader's own. */
export function sampler(
  name: DataName,
  drawn: Float64Array,
): (random: Random, points: Float64Array, count: number) => void {
  const modes = modesOf(name);
  const centres = name === "drawn" ? drawn : modes;
  return (random, points, count) => {
    for (let s = 0; s < count; s++) {
      let [x, y] = [0, 0];
      let spread = SPREAD;
      if (name === "lines") {
        [x, y] = [LINE_PLACE, LINE_HALF_HEIGHT * (2 * random.uniform() - 1)];
        spread = 0;
      } else if (name === "swiss-roll") {
        const turn = (1.5 + 3 * random.uniform()) * Math.PI;
        const radius = (turn / (4.5 * Math.PI)) * 0.95;
        [x, y] = [Math.cos(turn) * radius, Math.sin(turn) * radius];
      } else if (name === "moons") {
        const angle = Math.PI * random.uniform();
        const upper = random.uniform() < 0.5;
        x = 0.6 * (upper ? Math.cos(angle) - 0.5 : 0.5 - Math.cos(angle));
        y = 0.6 * (upper ? Math.sin(angle) - 0.25 : 0.25 - Math.sin(angle));
        spread = 0.03;
      } else {
        const centre = random.below(centres.length / 2);
        [x, y] = [centres[2 * centre], centres[2 * centre + 1]];
      }
      points[2 * s] = x + (spread ? spread * random.normal() : 0);
      points[2 * s + 1] = y + (spread ? spread * random.normal() : 0);
    }
  };
}

/**
 * Counts the modes that points cover: those with a tenth of the points that would be their
 * share, within four standard deviations.
 */
export function coveredModes(points: Float64Array, count: number, modes: Float64Array): boolean[] {
  const total = modes.length / 2;
  const found = new Int32Array(total);
  for (let s = 0; s < count; s++) {
    let [nearest, way] = [0, Number.POSITIVE_INFINITY];
    for (let k = 0; k < total; k++) {
      const [dx, dy] = [points[2 * s] - modes[2 * k], points[2 * s + 1] - modes[2 * k + 1]];
      const d = Math.sqrt(dx * dx + dy * dy);
      if (d < way) [nearest, way] = [k, d];
    }
    if (way < 4 * SPREAD) found[nearest]++;
  }
  return Array.from(found, (n) => n >= count / total / 10);
}
