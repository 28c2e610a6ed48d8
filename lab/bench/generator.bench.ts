/** Milliseconds a picture, of the generator as it ships. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Generator } from "../src/engine/generator";
import { drawLatents } from "../src/engine/philox";

it.each(["mnist", "fashion-mnist"])("draws pictures of %s", (name) => {
  const script = readFileSync(join(import.meta.dirname, `../../wgan_keras/lab/${name}.js`), "utf8");
  const window: { labWeights?: Record<string, never> } = {};
  new Function("window", script)(window);
  const generator = new Generator(window.labWeights![name]);
  const latents = Array.from({ length: 64 }, (_, row) => drawLatents(0, row, generator.latentDim));
  for (const latent of latents) generator.draw(latent);
  const begin = performance.now();
  const before = process.cpuUsage();
  for (let round = 0; round < 4; round++) for (const latent of latents) generator.draw(latent);
  const each = (performance.now() - begin) / 256;
  const { user, system } = process.cpuUsage(before);
  const processor = (user + system) / 1000 / 256;
  console.log(`${name}: ${each.toFixed(2)} ms a picture, ${processor.toFixed(2)} of the processor`);
  expect(each).toBeLessThan(50);
});
