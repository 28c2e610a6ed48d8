import { DATA_NAMES } from "../../engine/data";
import { choice, flag, number, text, type Values } from "../../state";

export const schema = {
  data: choice("lines", DATA_NAMES),
  play: flag(true),
  still: flag(false), // whether the generators stand still while the adversaries train
  speed: number(30, 1, 300, { log: true }), // generator steps a second; the maximum: no limit
  gan_loss: choice("saturating", ["saturating", "non-saturating"]),
  constraint: choice("clip", ["clip", "penalty", "none"]),
  clip: number(0.1, 0.001, 1, { log: true }),
  n_critic: number(5, 1, 10, { whole: true }),
  optimizer: choice("rmsprop", ["rmsprop", "adam", "sgd"]),
  beta1: number(0.5, 0, 0.95),
  generator_rate: number(0.01, 1e-5, 0.1, { log: true }),
  adversary_rate: number(0.01, 1e-5, 0.1, { log: true }),
  width: number(32, 4, 64, { whole: true }),
  depth: number(2, 1, 4, { whole: true }),
  seed: number(1, 0, 9999, { whole: true }),
  drawn: text("", /^([0-9A-Za-z_-]{2}){0,200}$/), // two characters a point
};
export type RaceSchema = typeof schema;
export type Settings = Values<RaceSchema>;

/** Changes that begin a new race; all others take hold in the running one. */
export const RESTARTS: readonly (keyof Settings)[] = [
  "data",
  "optimizer",
  "beta1",
  "width",
  "depth",
  "seed",
  "drawn",
];

export const EXTENT = 1.2; // the pictures show [−EXTENT, EXTENT]²
export const CELLS = 40; // of the landscape, in each direction
export const SHOWN = 128; // points with arrows, and of the exact Earth-Mover distance
export const EVALUATED = 1024; // points of the grid and the modes
export const GRID = 20; // cells of the JS and KL, in each direction
export const BATCH = 64;
export const HISTOGRAM = 41; // bins of the critic's weights

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";

/** Writes drawn points for the address: two characters each, on a grid of 64 × 64. */
export function encodePoints(points: number[]): string {
  const digit = (x: number) => {
    const place = Math.round(((x / EXTENT + 1) / 2) * 63);
    return DIGITS[Math.min(63, Math.max(0, place))];
  };
  return points.map(digit).join("");
}

export function decodePoints(code: string): Float64Array {
  return Float64Array.from(code, (c) => ((DIGITS.indexOf(c) / 63) * 2 - 1) * EXTENT);
}
