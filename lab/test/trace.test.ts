/** The engine against what the Python package computed: see ../trace.py. */

import { afterAll, describe, expect, test } from "vitest";
import { jsDivergence, klDivergence, totalVariation } from "../src/engine/distances";
import { Game } from "../src/engine/game";
import { Network } from "../src/engine/network";
import type { OptimizerName } from "../src/engine/optimizers";
import { earthMover, earthMoverOfPoints } from "../src/engine/transport";
import distances from "./fixtures/distances.json";
import traces from "./fixtures/traces.json";

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));

describe("twenty steps end at the package's weights", () => {
  const reached: Record<string, string> = {};
  const { width, batch, n_critic, clip_value, penalty_weight, beta_1, beta_2, steps } = traces;

  test.each(traces.cases.map((one) => [one.method, one.optimizer, one] as const))(
    "%s, %s",
    (method, optimizer, one) => {
      const generator = new Network([2, width, width, 2]);
      const adversary = new Network([2, width, width, 1]);
      generator.parameters.set(one.generator);
      adversary.parameters.set(one.adversary);
      const game = new Game(
        method.startsWith("wgan") ? "wgan" : "gan",
        generator,
        adversary,
        {
          name: optimizer as OptimizerName,
          generatorRate: one.rate,
          adversaryRate: one.rate,
          beta1: beta_1,
          beta2: beta_2,
        },
        {
          ganLoss: method === "saturating-gan" ? "saturating" : "non-saturating",
          constraint: method === "wgan" ? "clip" : "penalty",
          clipValue: clip_value,
          penaltyWeight: penalty_weight,
        },
      );
      const latents = one.latents.map((row) => Float64Array.from(row));
      let draw = 0;
      for (let step = 0; step < steps; step++) {
        for (let t = 0; t < n_critic; t++) {
          const at = step * n_critic + t;
          const shares = Float64Array.from(one.shares[at] ?? []);
          game.adversaryStep(Float64Array.from(one.real[at]), latents[draw++], shares, batch);
        }
        game.generatorStep(latents[draw++], batch);
      }
      expect(draw).toBe(latents.length);
      expect(furthest(one.generator, one.generator_after)).toBeGreaterThan(1e-3); // it learned
      const apart = Math.max(
        furthest(generator.parameters, one.generator_after),
        furthest(adversary.parameters, one.adversary_after),
      );
      reached[`${method}, ${optimizer}`] = apart.toExponential(1);
      expect(apart).toBeLessThan(1e-4);
    },
  );

  afterAll(() => console.log("largest difference of a weight", reached));
});

describe("distances equal the package's", () => {
  test("in 200 random cases", () => {
    expect(distances.length).toBe(200);
    let worst = 0;
    for (const { p, q, x, y, ...expected } of distances) {
      const size = p.length;
      const cost = Float64Array.from({ length: size * size }, (_, i) =>
        Math.abs(Math.floor(i / size) - (i % size)),
      );
      const { distance, coupling } = earthMover(p, q, cost);
      const found = {
        kl: klDivergence(p, q),
        js: jsDivergence(p, q),
        tv: totalVariation(p, q),
        earth_mover: distance,
        earth_mover_of_points: earthMoverOfPoints(Float64Array.from(x), Float64Array.from(y), size),
      };
      for (const [name, value] of Object.entries(found)) {
        const wanted = expected[name as keyof typeof found] ?? Number.POSITIVE_INFINITY;
        if (Number.isFinite(wanted)) worst = Math.max(worst, Math.abs(value - wanted));
        else expect(value).toBe(wanted);
      }
      for (let i = 0; i < size; i++) {
        const row = coupling.subarray(i * size, (i + 1) * size).reduce((a, b) => a + b, 0);
        expect(row).toBeCloseTo(p[i] / p.reduce((a, b) => a + b, 0), 12);
      }
    }
    console.log("largest difference of a distance", worst);
    expect(worst).toBeLessThan(1e-6);
  });

  test("of which some are infinite", () => {
    const infinite = distances.filter(({ kl }) => kl === null).length;
    expect(infinite).toBeGreaterThan(20);
    expect(infinite).toBeLessThan(180);
  });
});
