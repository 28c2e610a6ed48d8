/** Pulling cards from one pool with another's rates in mind. */

import { Random } from "../../engine/random";
import type { Source } from "./settings";

export interface Pull {
  rank: number;
  pool: "p" | "q"; // from which it came
  /** Excess surprise in nats: log 1/believed − log 1/true; infinite for the impossible. */
  excess: number;
}

export const normalised = (rates: number[]): number[] => {
  const sum = rates.reduce((a, b) => a + b, 0);
  return rates.map((rate) => rate / sum);
};
export const merged = (p: number[], q: number[]): number[] => p.map((rate, i) => (rate + q[i]) / 2);

/** An endless row of pulls: pull i depends on the rates, the source, the seed and i alone. */
export class Pulls {
  readonly pulls: Pull[] = [];
  readonly sums: number[] = [0]; // of the excess, after each pull
  private readonly pools: Record<"p" | "q", number[]>;
  private readonly believed: number[];
  private readonly random: Random;

  /**
   * @param source "p": pulled from P by one who believes Q; "q": the other way round;
   *   "merged": from either pool by the toss of a coin, compared with their mixture M.
   */
  constructor(
    p: number[],
    q: number[],
    readonly source: Source,
    seed: number,
  ) {
    this.pools = { p: normalised(p), q: normalised(q) };
    const { p: a, q: b } = this.pools;
    this.believed = source === "merged" ? merged(a, b) : source === "p" ? b : a;
    this.random = new Random(seed, "pulls");
  }

  /** Pulls until there are at least `count`. */
  reach(count: number): void {
    while (this.pulls.length < count) {
      const coin = this.random.uniform() < 0.5 ? "p" : "q";
      const pool = this.source === "merged" ? coin : this.source;
      const rates = this.pools[pool];
      let left = this.random.uniform();
      let rank = 0;
      while (rank < rates.length - 1 && left >= rates[rank]) left -= rates[rank++];
      while (rates[rank] === 0) rank--; // where rounding left a little beyond the last
      const excess = Math.log(rates[rank] / this.believed[rank]);
      this.pulls.push({ rank, pool, excess });
      this.sums.push(this.sums[this.sums.length - 1] + excess);
    }
  }
}
