import { describe, expect, test } from "vitest";
import { type Constraint, Game, type GanLoss, softplus } from "../src/engine/game";
import { multiply } from "../src/engine/matrix";
import { Network, ShiftedLine } from "../src/engine/network";
import { Random } from "../src/engine/random";

const normals = (random: Random, count: number) =>
  Float64Array.from({ length: count }, () => random.normal());

/** The slope of `value` along one entry of an array, by central differences. */
function slope(values: Float64Array, index: number, value: () => number, step = 1e-6): number {
  const kept = values[index];
  values[index] = kept + step;
  const above = value();
  values[index] = kept - step;
  const below = value();
  values[index] = kept;
  return (above - below) / (2 * step);
}

describe("multiply", () => {
  test.each([
    [1, 1, 1],
    [2, 4, 3],
    [5, 7, 6],
    [3, 9, 1],
    [8, 1, 5],
  ])("equals the sum of products for %i × %i, inner %i, whatever is transposed", (m, n, k) => {
    const random = new Random(m * 100 + n * 10 + k, "matrices");
    const [a, b] = [normals(random, m * k), normals(random, k * n)];
    for (const transposed of [false, true]) {
      const [ar, ac, br, bc] = transposed ? [1, m, 1, k] : [k, 1, n, 1];
      const c = new Float64Array(m * n).fill(1);
      multiply(m, n, k, a, ar, ac, b, br, bc, c, true);
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          let sum = 1;
          for (let l = 0; l < k; l++) sum += a[i * ar + l * ac] * b[l * br + j * bc];
          expect(c[i * n + j]).toBeCloseTo(sum, 12);
        }
    }
  });
});

describe("Network", () => {
  const count = 7;
  const setUp = (sizes: number[]) => {
    const random = new Random(3, "network");
    const network = new Network(sizes).initialize(random);
    for (let i = 0; i < network.parameters.length; i++)
      network.parameters[i] += 0.1 * random.normal(); // biases, too
    return { network, points: normals(random, count * sizes[0]), random };
  };

  test.each([[[2, 5, 1]], [[2, 6, 3, 2]], [[1, 4, 4, 4, 1]]])(
    "backward and inputGradient equal finite differences for %j",
    (sizes) => {
      const { network, points, random } = setUp(sizes);
      const weights = normals(random, count * network.outputs);
      const loss = () =>
        network
          .forward(points, count)
          .subarray(0, weights.length)
          .reduce((sum, output, i) => sum + output * weights[i], 0);
      loss();
      const inputGradient = Float64Array.from(network.inputGradient(weights, count));
      network.gradients.fill(0);
      network.backward(weights, count);
      const gradients = Float64Array.from(network.gradients);
      for (let i = 0; i < network.parameters.length; i++)
        expect(slope(network.parameters, i, loss)).toBeCloseTo(gradients[i], 6);
      for (let i = 0; i < points.length; i++)
        expect(slope(points, i, loss)).toBeCloseTo(inputGradient[i], 6);
    },
  );

  test("backwardThroughInputGradient equals finite differences of the penalty", () => {
    const { network, points } = setUp([2, 6, 5, 1]);
    const ones = new Float64Array(count).fill(1);
    const penalty = () => {
      network.forward(points, count);
      const slopes = network.inputGradient(ones, count);
      let sum = 0;
      for (let s = 0; s < count; s++)
        sum += (Math.hypot(slopes[2 * s], slopes[2 * s + 1]) - 1) ** 2;
      return sum;
    };
    penalty();
    const slopes = network.inputGradient(ones, count);
    const tangent = new Float64Array(2 * count);
    for (let s = 0; s < count; s++) {
      const norm = Math.hypot(slopes[2 * s], slopes[2 * s + 1]);
      for (let d = 0; d < 2; d++) tangent[2 * s + d] = (2 * (norm - 1) * slopes[2 * s + d]) / norm;
    }
    network.gradients.fill(0);
    network.backwardThroughInputGradient(tangent, count);
    const gradients = Float64Array.from(network.gradients);
    expect(Math.max(...gradients.map(Math.abs))).toBeGreaterThan(0.1);
    for (let i = 0; i < network.parameters.length; i++)
      expect(slope(network.parameters, i, penalty)).toBeCloseTo(gradients[i], 5);
  });
});

describe("Game", () => {
  const count = 6;
  const game = (kind: "gan" | "wgan", ganLoss: GanLoss, constraint: Constraint = "none") => {
    const random = new Random(5, "game");
    return new Game(
      kind,
      new Network([2, 5, 2]).initialize(random),
      new Network([2, 5, 4, 1]).initialize(random),
      { name: "sgd", generatorRate: 1, adversaryRate: 1, beta1: 0, beta2: 0 },
      { ganLoss, constraint, clipValue: 0.05, penaltyWeight: 10 },
    );
  };
  const generatorLoss = (one: Game, output: number) =>
    one.kind === "wgan"
      ? -output
      : one.rules.ganLoss === "saturating"
        ? -softplus(output)
        : softplus(-output);

  test.each([
    ["gan", "saturating"],
    ["gan", "non-saturating"],
    ["wgan", "saturating"],
  ] as const)(
    "the arrows of %s (%s) are minus the gradient of the generator's loss",
    (kind, loss) => {
      const one = game(kind, loss);
      const points = normals(new Random(1, "points"), 2 * count);
      const arrows = Float64Array.from(one.descent(points, count).subarray(0, 2 * count));
      for (let i = 0; i < points.length; i++) {
        const own = () =>
          generatorLoss(one, one.adversary.forward(points, count)[Math.floor(i / 2)]);
        expect(slope(points, i, own)).toBeCloseTo(-arrows[i], 6);
      }
      expect(Math.max(...arrows.map(Math.abs))).toBeGreaterThan(1e-3);
    },
  );

  test.each([
    ["gan", "saturating"],
    ["gan", "non-saturating"],
    ["wgan", "saturating"],
  ] as const)("a step of SGD of %s's generator (%s) goes down its loss", (kind, loss) => {
    const one = game(kind, loss);
    const latents = normals(new Random(2, "latents"), 2 * count);
    const value = () => {
      const points = one.generator.forward(latents, count);
      const outputs = one.adversary.forward(points, count);
      let sum = 0;
      for (let s = 0; s < count; s++) sum += generatorLoss(one, outputs[s]) / count;
      return sum;
    };
    const { parameters } = one.generator;
    const expected = parameters.map((before, i) => before - slope(parameters, i, value));
    one.generatorStep(latents, count);
    for (const [i, after] of parameters.entries()) expect(after).toBeCloseTo(expected[i], 6);
  });

  test("a step of SGD of a critic with penalty goes down the loss and the penalty", () => {
    const one = game("wgan", "saturating", "penalty");
    const random = new Random(4, "batch");
    const [real, latents] = [normals(random, 2 * count), normals(random, 2 * count)];
    const shares = Float64Array.from({ length: count }, () => random.uniform());
    const fake = Float64Array.from(one.generator.forward(latents, count).subarray(0, 2 * count));
    const mixed = real.map((x, i) => shares[i >> 1] * x + (1 - shares[i >> 1]) * fake[i]);
    const ones = new Float64Array(count).fill(1);
    const { adversary } = one;
    const value = () => {
      const mean = (points: Float64Array) =>
        adversary
          .forward(points, count)
          .subarray(0, count)
          .reduce((a, b) => a + b, 0) / count;
      let sum = mean(fake) - mean(real);
      adversary.forward(mixed, count);
      const slopes = adversary.inputGradient(ones, count);
      for (let s = 0; s < count; s++)
        sum += (10 / count) * (Math.hypot(slopes[2 * s], slopes[2 * s + 1]) - 1) ** 2;
      return sum;
    };
    const { parameters } = adversary;
    const expected = parameters.map((before, i) => before - slope(parameters, i, value));
    one.adversaryStep(real, latents, shares, count);
    for (const [i, after] of parameters.entries()) expect(after).toBeCloseTo(expected[i], 5);
  });

  test("clipping leaves every weight of the critic within ±c", () => {
    const one = game("wgan", "saturating", "clip");
    const random = new Random(4, "batch");
    one.adversaryStep(normals(random, 12), normals(random, 12), new Float64Array(6), count);
    const sizes = one.adversary.parameters.map(Math.abs);
    expect(Math.max(...sizes)).toBe(0.05);
  });

  test("a line that may only be shifted learns the sum of its points' sideways gradients", () => {
    const line = new ShiftedLine(-0.5, 0.8);
    expect([...line.forward(Float64Array.of(-1, 0.5), 2)]).toEqual([-0.5, -0.8, -0.5, 0.4]);
    line.backward(Float64Array.of(1, 7, 2, 9), 2);
    expect(line.gradients[0]).toBe(3);
  });
});
