/**
 * The latents of wgan_keras' samplers: Philox, a generator that is addressed, not advanced.
 *
 * A normal number is the sum of two from a table, as in `wgan_keras/nets/latents.py`, and so
 * the same to the bit here and there.
 *
 * Reference: Salmon et al. (2011), "Parallel Random Numbers: As Easy as 1, 2, 3".
 */

import { halfNormals } from "./half-normals";

type Four = [number, number, number, number];

/** The upper 32 bits of a product of two numbers of 32 bits. */
function high(a: number, b: number): number {
  const [a0, a1, b0, b1] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = a1 * b0 + Math.floor((a0 * b0) / 65536);
  return a1 * b1 + Math.floor(middle / 65536) + Math.floor((a0 * b1 + (middle % 65536)) / 65536);
}

function philox([c0, c1, c2, c3]: Four, k0: number, k1: number): Four {
  for (let round = 0; round < 10; round++) {
    const [h0, l0] = [high(0xd2511f53, c0), Math.imul(0xd2511f53, c0)];
    const [h1, l1] = [high(0xcd9e8d57, c2), Math.imul(0xcd9e8d57, c2)];
    [c0, c1, c2, c3] = [(h1 ^ c1 ^ k0) >>> 0, l1 >>> 0, (h0 ^ c3 ^ k1) >>> 0, l0 >>> 0];
    [k0, k1] = [(k0 + 0x9e3779b9) >>> 0, (k1 + 0xbb67ae85) >>> 0];
  }
  return [c0, c1, c2, c3];
}

/** The table's entry of 12 bits; its lower half is its upper half, mirrored. */
function halfNormal(bits: number): number {
  const index = (bits & 0xfff) - 2048;
  return index < 0 ? -halfNormals[-1 - index] : halfNormals[index];
}

/**
 * The latents from which a sampler draws picture `row` of a seed.
 *
 * @param seed A whole number ≥ 0 below 2⁵³.
 */
export function drawLatents(seed: number, row: number, latentDim: number): Float32Array {
  const start: Four = [seed >>> 0, Math.floor(seed / 4294967296), 0, 0];
  const [k0, k1] = philox(start, 0x3ec8f720, 0x02461e29);
  const blocks = Math.ceil(latentDim / 4);
  const numbers = new Float32Array(4 * blocks);
  for (let block = 0; block < blocks; block++) {
    const bits = philox([row * blocks + block, 0, 0, 0], k0, k1);
    for (let i = 0; i < 4; i++)
      numbers[4 * block + i] = halfNormal(bits[i]) + halfNormal(bits[i] >>> 16);
  }
  return numbers.subarray(0, latentDim);
}

/**
 * A latent on the arc between two, as the samplers' `interpolate` walks: between two Gaussian
 * vectors a straight line passes points shorter than almost all that were trained on.
 *
 * Reference: White (2016), "Sampling Generative Networks", section 2.1.
 */
export function onArc(start: Float32Array, end: Float32Array, share: number): Float32Array {
  const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const lengths = Math.sqrt(product(start, start) * product(end, end));
  const angle = Math.acos(Math.min(1, Math.max(-1, product(start, end) / lengths)));
  const sine = Math.sin(angle);
  if (!(sine >= 1e-3)) return onLine(start, end, share); // where there is no one arc
  const [a, b] = [Math.sin((1 - share) * angle) / sine, Math.sin(share * angle) / sine];
  return start.map((x, i) => a * x + b * end[i]);
}

export function onLine(start: Float32Array, end: Float32Array, share: number): Float32Array {
  return start.map((x, i) => (1 - share) * x + share * end[i]);
}
