import { describe, expect, it } from "vitest";
import { jsDivergence, klDivergence } from "../src/engine/distances";
import { measureHeaps } from "../src/scenes/distances/bars";
import { measureLines, slopeAt } from "../src/scenes/distances/lines";
import { merged, normalised, Pulls } from "../src/scenes/distances/pulls";
import {
  decodeHeap,
  decodeRates,
  encodeHeap,
  encodeRates,
  moveHeap,
  schema,
} from "../src/scenes/distances/settings";

const [P, Q] = [decodeRates(schema.rates_p.initial), decodeRates(schema.rates_q.initial)];

describe("pulls", () => {
  it.each([
    ["p", klDivergence(P, Q)],
    ["q", klDivergence(Q, P)],
    ["merged", jsDivergence(P, Q)],
  ] as const)("from %s settle at %f within four standard errors", (source, target) => {
    const pulls = new Pulls(P, Q, source, 1);
    pulls.reach(20_000);
    const mean = pulls.sums[20_000] / 20_000;
    const variance =
      pulls.pulls.reduce((sum, { excess }) => sum + (excess - mean) ** 2, 0) / 20_000;
    expect(Math.abs(mean - target)).toBeLessThan(4 * Math.sqrt(variance / 20_000));
    expect(target).toBeGreaterThan(0.01);
  });

  it("are the same, however many are asked for at a time", () => {
    const [once, often] = [new Pulls(P, Q, "merged", 7), new Pulls(P, Q, "merged", 7)];
    once.reach(100);
    for (let n = 1; n <= 100; n++) often.reach(n);
    expect(often.pulls).toEqual(once.pulls);
    expect(new Set(once.pulls.map(({ pool }) => pool)).size).toBe(2);
  });

  it("come at their rates, and never of rate 0", () => {
    const pulls = new Pulls([50, 30, 20, 0], [25, 25, 25, 25], "p", 3);
    pulls.reach(10_000);
    const counts = [0, 0, 0, 0];
    for (const { rank } of pulls.pulls) counts[rank]++;
    expect(counts[3]).toBe(0);
    expect(counts[0] / 10_000).toBeCloseTo(0.5, 1);
  });

  it("are infinitely surprising where they were held impossible", () => {
    const pulls = new Pulls([50, 0, 0, 50], [100, 0, 0, 0], "p", 1);
    pulls.reach(50);
    expect(pulls.sums[50]).toBe(Number.POSITIVE_INFINITY);
  });

  it("from the merged pool never exceed log 2 a card", () => {
    const pulls = new Pulls([100, 0, 0, 0], [0, 0, 0, 100], "merged", 1);
    pulls.reach(10);
    expect(pulls.sums[10]).toBeCloseTo(10 * Math.LN2, 12);
    expect(merged(normalised([1, 0]), normalised([0, 3]))).toEqual([0.5, 0.5]);
  });
});

describe("heaps", () => {
  it("are written in the address and read again", () => {
    expect(decodeHeap("A01900000")).toEqual([10, 0, 1, 9, 0, 0, 0, 0, 0]);
    expect(encodeHeap(decodeHeap("A01900000"))).toBe("A01900000");
    expect(encodeRates(decodeRates("50.30.15.5"))).toBe("50.30.15.5");
    for (const bad of ["000000000", "12345678", "B00000000", "x"])
      expect(schema.p.pattern.test(bad)).toBe(false);
    for (const bad of ["0.0.0.0", "1.2.3", "101.0.0.0", "NaN"])
      expect(schema.rates_p.pattern.test(bad)).toBe(false);
    expect(schema.rates_p.pattern.test("0.0.0.100")).toBe(true);
  });

  it("stay whole when they are moved", () => {
    expect(moveHeap([0, 1, 2, 0], 1)).toEqual([0, 0, 1, 2]);
    const heap = [1, 2, 0, 0];
    expect(moveHeap(heap, -1)).toBe(heap);
  });

  it("of the beginning lie apart, and three moves bring them nearer before they overlap", () => {
    const p = decodeHeap(schema.p.initial);
    let q = decodeHeap(schema.q.initial);
    for (let em = 6; em >= 0; em--) {
      const measured = measureHeaps(p, q);
      expect(measured.em).toBeCloseTo(em, 9);
      expect(measured.kl).toBe(em ? Infinity : 0);
      if (em >= 3) expect(measured).toMatchObject({ klBack: Infinity, js: Math.LN2, tv: 1 });
      else expect(measured.tv).toBeLessThan(0.9);
      q = moveHeap(q, -1);
    }
  });
});

describe("two lines", () => {
  it("have the distances of Example 1", () => {
    for (const theta of [-2, -0.5, 0.01, 1.5]) {
      const { kl, klBack, js, tv, em } = measureLines(theta);
      expect([kl, klBack, js]).toEqual([Infinity, Infinity, Math.LN2]);
      expect(tv).toBeCloseTo(1, 12);
      expect(em).toBeCloseTo(Math.abs(theta), 12);
      expect(slopeAt("js", theta)).toBe(0);
      expect(slopeAt("em", theta)).toBeCloseTo(Math.sign(theta), 9);
    }
    expect(measureLines(0)).toEqual({ kl: 0, klBack: 0, js: 0, tv: 0, em: 0 });
  });
});
