import { flag, number, type Values } from "../../state";

export const schema = {
  clip: number(0.1, 0.001, 10, { log: true }),
  depth: number(6, 1, 12, { whole: true }), // hidden layers
  width: number(16, 4, 32, { whole: true }),
  sweep: flag(true), // whether c moves by itself, until it is touched
  play: flag(true),
  seed: number(1, 0, 9999, { whole: true }),
};
export type ClippingSchema = typeof schema;
export type Settings = Values<ClippingSchema>;

export const EXTENT = 2; // the picture shows x from −EXTENT to EXTENT
export const PLACES = 161; // of the critic's curve
export const HEAP = 256; // points of each heap
export const CENTRE = 1; // of the real heap; the generated one lies at its negative
export const SPREAD = 0.3;

/** The most that clipping allows: every weight at ±c, in the worst pattern of signs. */
export function allowedSlope(clip: number, width: number, depth: number): number {
  let product = 1;
  for (let l = 0; l <= depth; l++)
    product *= clip * Math.sqrt((l === 0 ? 1 : width) * (l === depth ? 1 : width));
  return product;
}
