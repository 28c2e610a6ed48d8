import { expect, it } from "vitest";
import { drawLatents } from "../src/engine/philox";
import { farApart, LatentMap, order } from "../src/scenes/latent/pictures";
import { GALLERY, SIDE, STRIP } from "../src/scenes/latent/settings";

const layout = { view: "plane", seed: 3, length: 1, from: 2, to: 5, way: "arc" } as const;
const row = (index: number) => Array.from(drawLatents(3, index, 16));
const length = (latents: Float32Array) => Math.hypot(...latents);

it("has pictures of `sample` at the corners of the map", () => {
  const map = new LatentMap(layout, 16);
  map.corners = [0, 4, 9, 11];
  const last = SIDE * SIDE - 1;
  const found = [0, SIDE - 1, last - SIDE + 1, last].map((index) => Array.from(map.small(index)));
  expect(found).toEqual([row(0), row(4), row(9), row(11)]);
  expect(map.count).toBe(last + 1);
});

it("keeps the latents' length on the arc, loses it on a line, and scales it", () => {
  const middle = (change: object) =>
    length(new LatentMap({ ...layout, ...change }, 16).onWalk(0.5));
  const ends = [2, 5].map((index) => length(Float32Array.from(row(index))));
  expect(middle({})).toBeGreaterThan(Math.min(...ends) * 0.97);
  expect(middle({ way: "line" })).toBeLessThan(Math.min(...ends) * 0.9);
  expect(middle({ length: 0.5 })).toBeCloseTo(middle({}) / 2, 5);
  expect(middle({ length: 0 })).toBe(0);
});

it("walks from one chosen picture to the other", () => {
  const walk = new LatentMap({ ...layout, view: "walk" }, 16);
  expect(walk.count).toBe(GALLERY + STRIP);
  expect(Array.from(walk.small(GALLERY))).toEqual(row(2));
  expect(Array.from(walk.small(GALLERY + STRIP - 1))).toEqual(row(5));
  expect(Array.from(walk.small(7))).toEqual(row(7));
});

it("makes every small picture once, the middle of the map first", () => {
  const indices = order(new LatentMap(layout, 16));
  expect(indices[0]).toBe((SIDE * SIDE - 1) / 2);
  expect([...indices].sort((a, b) => a - b)).toEqual(Array.from(indices, (_, i) => i));
});

it("chooses corners that differ", () => {
  expect(farApart([[0], [1], [10], [0.5], [5]])).toEqual([0, 2, 4, 1]);
});
