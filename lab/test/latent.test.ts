/** The shipped generators against what their samplers drew in Python. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Generator, type PackedGenerator } from "../src/engine/generator";
import { drawLatents, onArc } from "../src/engine/philox";
import fixture from "./fixtures/latent.json";

const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
const floats = (base64: string) => new Float32Array(bytes(base64).buffer);
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (x, i) => Math.abs(x - b[i])).reduce((most, x) => Math.max(most, x), 0);

/** What the page gets when it loads the script. */
function load(script: string, name: string): PackedGenerator {
  const window: { labWeights?: Record<string, PackedGenerator> } = {};
  new Function("window", script)(window);
  return window.labWeights![name];
}

describe.each(["mnist", "fashion-mnist"] as const)("the generator of %s", (name) => {
  const script = join(import.meta.dirname, `../../wgan_keras/lab/${name}.js`);
  const packed = load(readFileSync(script, "utf8"), name);
  const generator = new Generator(packed);
  const { latentDim, shape } = generator;
  const size = shape.reduce((a, b) => a * b, 1);

  it("draws the latents of the sampler", () => {
    for (const { seed, latents } of fixture[name]) {
      const wanted = floats(latents);
      for (let row = 0; row < wanted.length / latentDim; row++)
        expect(
          distance(
            drawLatents(seed, row, latentDim),
            wanted.subarray(row * latentDim, (row + 1) * latentDim),
          ),
        ).toBeLessThan(1e-6);
    }
  });

  it("draws the pictures of `sample` within one grey level", () => {
    for (const { seed, levels } of fixture[name]) {
      const wanted = bytes(levels);
      for (let row = 0; row < wanted.length / size; row++) {
        const picture = generator.draw(drawLatents(seed, row, latentDim));
        expect(distance(picture, wanted.subarray(row * size, (row + 1) * size))).toBeLessThan(2);
      }
    }
  });

  it("draws pictures that differ", () => {
    const [a, b] = [0, 1].map((row) => generator.draw(drawLatents(0, row, latentDim)));
    expect(distance(a, b)).toBeGreaterThan(100);
  });
});

it("computes a residual network as Keras does", () => {
  const generator = new Generator(load(fixture.residual.script, "residual"));
  const [latents, images] = [floats(fixture.residual.latents), floats(fixture.residual.images)];
  for (let row = 0; row < 4; row++) {
    const image = generator.run(latents.subarray(5 * row, 5 * row + 5));
    const wanted = images.subarray(64 * row, 64 * row + 64);
    expect(distance(image, wanted)).toBeLessThan(2 / 255); // float16 weights
    expect(distance(image, new Float32Array(64))).toBeGreaterThan(0.5);
  }
});

it("walks on the arc, with both ends and without shortcuts", () => {
  const [a, b] = [Float32Array.of(3, 0), Float32Array.of(0, 3)];
  expect(distance(onArc(a, b, 0), a)).toBeLessThan(1e-6);
  expect(distance(onArc(a, b, 1), b)).toBeLessThan(1e-6);
  expect(Math.hypot(...onArc(a, b, 0.5))).toBeCloseTo(3, 6);
  expect(distance(onArc(a, a, 0.5), a)).toBeLessThan(1e-6);
});
