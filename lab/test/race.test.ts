import { describe, expect, test } from "vitest";
import { coveredModes, modesOf, sampler } from "../src/engine/data";
import { Random } from "../src/engine/random";
import { assign } from "../src/engine/transport";
import { Race } from "../src/scenes/race/race";
import { EVALUATED, type Settings, schema } from "../src/scenes/race/settings";

const defaults = Object.fromEntries(
  Object.entries(schema).map(([key, field]) => [key, field.initial]),
) as Settings;
const race = (changes: Partial<Settings> = {}) => new Race({ ...defaults, ...changes });
const run = (one: Race, steps: number) => {
  for (let s = 0; s < steps; s++) one.advance();
  return one.games.map((game) => one.measure(game));
};

describe("the race on two lines", () => {
  test("begins with JS at log 2 and both games alike", () => {
    const one = race();
    const [gan, wgan] = run(one, 0);
    expect(gan.js).toBeCloseTo(Math.LN2, 12);
    expect(gan.kl).toBe(Number.POSITIVE_INFINITY);
    expect(wgan.earthMover).toBe(gan.earthMover);
    expect(gan.earthMover).toBeGreaterThan(1.3);
    expect([...one.games[0].adversary.parameters]).toEqual([...one.games[1].adversary.parameters]);
  });

  test("is won by the critic, whose line arrives while the GAN's JS stays at log 2", () => {
    const one = race();
    const [ganSoon, wganSoon] = run(one, 50);
    expect(ganSoon.js).toBeCloseTo(Math.LN2, 12);
    expect(wganSoon.js).toBeCloseTo(Math.LN2, 12);
    expect(wganSoon.earthMover).toBeLessThan(1.1);
    const [gan, wgan] = run(one, 150);
    expect(wgan.earthMover).toBeLessThan(0.15);
    expect(gan.earthMover).toBeGreaterThan(1.1);
    expect(gan.arrow).toBeLessThan(1e-3);
  });

  test("repeats itself to the bit, and another seed is another race", () => {
    const ends = [1, 1, 2].map((seed) => {
      const one = race({ data: "moons", seed });
      run(one, 5);
      return [...one.games[1].generator.parameters];
    });
    expect(ends[0]).toEqual(ends[1]);
    expect(ends[0]).not.toEqual(ends[2]);
  });

  test("never estimates more than the Earth-Mover distance by estimate ÷ K", () => {
    const one = race();
    for (let i = 0; i < 10; i++) {
      const { estimate, steepest, earthMover } = run(one, 10)[1];
      expect(estimate / steepest).toBeLessThan(1.03 * earthMover); // K is the steepest seen
    }
  });
});

test("training the adversaries alone makes D saturate, and the critic keep its slope", () => {
  const one = race();
  for (let s = 0; s < 1500; s++) one.adversaryStep();
  const [gan, wgan] = one.games.map((game) => one.measure(game));
  expect(gan.onReal).toBeGreaterThan(0.999);
  expect(gan.onGenerated).toBeLessThan(0.001);
  expect(gan.arrow).toBeLessThan(1e-3);
  expect(gan.estimate).toBeGreaterThan(0.99 * Math.LN2);
  expect(wgan.arrow / wgan.steepest).toBeGreaterThan(0.5);
  expect(wgan.atBound).toBeGreaterThan(0.5);
  expect(one.step).toBe(0);
});

test("the histogram counts every weight, and clipped ones at the ends", () => {
  const one = race();
  run(one, 60);
  const { weights } = one.picture(one.games[1]);
  expect(weights.reduce((a, b) => a + b, 0)).toBe(one.games[1].adversary.parameters.length);
  expect(weights[0] + weights[weights.length - 1]).toBeGreaterThan(
    0.4 * one.games[1].adversary.parameters.length,
  );
});

describe("data", () => {
  test("of a name with modes covers all of them", () => {
    for (const name of ["8-gaussians", "25-gaussians"] as const) {
      const points = new Float64Array(2 * EVALUATED);
      sampler(name, new Float64Array(0))(new Random(1, "data"), points, EVALUATED);
      const covered = coveredModes(points, EVALUATED, modesOf(name));
      expect(covered).toEqual(Array(modesOf(name).length / 2).fill(true));
    }
  });

  test("that piles up on one mode covers one", () => {
    const modes = modesOf("8-gaussians");
    const points = new Float64Array(20);
    for (let s = 0; s < 10; s++) [points[2 * s], points[2 * s + 1]] = [modes[4], modes[5]];
    expect(coveredModes(points, 10, modes).filter(Boolean)).toHaveLength(1);
  });

  test("drawn by the reader is drawn from", () => {
    const points = new Float64Array(200);
    sampler("drawn", Float64Array.of(0.5, -0.5))(new Random(1, "data"), points, 100);
    for (let s = 0; s < 100; s++) {
      expect(Math.abs(points[2 * s] - 0.5)).toBeLessThan(0.1);
      expect(Math.abs(points[2 * s + 1] + 0.5)).toBeLessThan(0.1);
    }
    expect(run(race({ data: "drawn", drawn: "" }), 1)[0].earthMover).toBeGreaterThan(0); // falls back
  });
});

describe("random numbers", () => {
  test("are uniform and normal", () => {
    const random = new Random(7, "test");
    const count = 200_000;
    let [sum, squares, low] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const x = random.normal();
      sum += x;
      squares += x * x;
      if (random.uniform() < 0.25) low++;
    }
    expect(Math.abs(sum / count)).toBeLessThan(0.01);
    expect(Math.abs(squares / count - 1)).toBeLessThan(0.02);
    expect(Math.abs(low / count - 0.25)).toBeLessThan(0.005);
  });
});

test("assign finds the cheapest of all permutations", () => {
  const random = new Random(9, "costs");
  const permutations = (items: number[]): number[][] =>
    items.length
      ? items.flatMap((x) => permutations(items.filter((y) => y !== x)).map((rest) => [x, ...rest]))
      : [[]];
  for (let trial = 0; trial < 20; trial++) {
    const cost = Float64Array.from({ length: 25 }, () => random.uniform());
    const total = (columns: ArrayLike<number>) =>
      Array.from(columns).reduce((sum, column, row) => sum + cost[row * 5 + column], 0);
    const best = Math.min(...permutations([0, 1, 2, 3, 4]).map(total));
    expect(total(assign(cost, 5))).toBeCloseTo(best, 12);
  }
});
