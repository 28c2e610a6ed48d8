import { choice, flag, number, type Values } from "../../state";

export const GENERATORS = ["mnist", "fashion-mnist"] as const;
export type GeneratorName = (typeof GENERATORS)[number];
export const SIDE = 7; // pictures along a side of the map
export const GALLERY = 16; // pictures to choose from
export const STRIP = 9; // pictures of a walk, both ends included

export const schema = {
  view: choice("plane", ["plane", "walk"]),
  generator: choice("mnist", GENERATORS),
  seed: number(0, 0, 9999, { whole: true }), // as of `sample`
  drift: flag(true),
  x: number(0.5, 0, 1),
  y: number(0.5, 0, 1),
  length: number(1, 0, 2), // of the latents, times what it was
  from: number(0, 0, GALLERY - 1, { whole: true }),
  to: number(8, 0, GALLERY - 1, { whole: true }),
  share: number(0.5, 0, 1), // of the walk
  way: choice("arc", ["arc", "line"]),
};
export type LatentSchema = typeof schema;
export type Settings = Values<LatentSchema>;

/** Changes that other pictures than the big one follow from. */
export const LAYOUT = ["view", "generator", "seed", "length", "from", "to", "way"] as const;
