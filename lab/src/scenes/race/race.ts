/** The race itself: both games, in lockstep, on the same data, latents and generator. */

import { coveredModes, LINE_HALF_HEIGHT, LINE_PLACE, modesOf, sampler } from "../../engine/data";
import { countOnGrid, jsDivergence, klDivergence } from "../../engine/distances";
import { Game, sigmoid, softplus } from "../../engine/game";
import { Network, ShiftedLine, type Trainable } from "../../engine/network";
import { Random } from "../../engine/random";
import { earthMoverOfPoints } from "../../engine/transport";
import {
  BATCH,
  CELLS,
  decodePoints,
  EVALUATED,
  EXTENT,
  GRID,
  HISTOGRAM,
  type Settings,
  SHOWN,
} from "./settings";

/** What is measured of one game. */
export interface Measures {
  js: number;
  kl: number; // KL(real‖generated)
  earthMover: number;
  /** GAN: what its discriminator shows of JS. WGAN: mean f(real) − mean f(generated). */
  estimate: number;
  /** WGAN: the steepest slope seen, K ≥ that. */
  steepest: number;
  /** The median length of the arrows. */
  arrow: number;
  /** Mean D, or mean score, at real and at generated points. */
  onReal: number;
  onGenerated: number;
  /** Covered modes, of `modes` in all; 0 of 0 where there are none. */
  covered: number;
  modes: number;
  /** Share of the adversary's weights at ±c. */
  atBound: number;
}

export interface Picture {
  landscape: Float32Array; // CELLS², row by row from below: D, or the critic's score
  points: Float32Array; // generated, two numbers each
  arrows: Float32Array; // the descent of the generator's loss at each
  covered: boolean[]; // of each mode
  weights: Float32Array; // histogram over [−span, span]; the bins at the ends hold what lies there
  span: number; // c where weights are clipped, and else the largest weight
}

export class Race {
  readonly games: Game[];
  readonly real = new Float64Array(2 * EVALUATED);
  readonly modes: Float64Array;
  step = 0;
  adversarySteps = 0;
  private readonly latents: Float64Array;
  private readonly latentSize: number;
  private readonly dataStream: Random;
  private readonly latentStream: Random;
  private readonly shareStream: Random;
  private readonly draw: ReturnType<typeof sampler>;
  private readonly batch = new Float64Array(2 * BATCH);
  private readonly batchLatents = new Float64Array(2 * BATCH);
  private readonly shares = new Float64Array(BATCH);
  private readonly grid = new Float64Array(2 * CELLS * CELLS);
  private readonly realCounts: Float64Array;

  constructor(private settings: Settings) {
    const { seed, width, depth, data } = settings;
    const drawn = decodePoints(settings.drawn);
    const usable = data === "drawn" && !drawn.length ? "lines" : data;
    const hidden = Array<number>(depth).fill(width);
    const generator = (): Trainable =>
      usable === "lines"
        ? new ShiftedLine(-LINE_PLACE, LINE_HALF_HEIGHT)
        : new Network([2, ...hidden, 2]).initialize(new Random(seed, "generator"));
    const optimizer = {
      name: settings.optimizer,
      generatorRate: settings.generator_rate,
      adversaryRate: settings.adversary_rate,
      beta1: settings.beta1,
      beta2: 0.9,
    };
    this.games = (["gan", "wgan"] as const).map(
      (kind) =>
        new Game(
          kind,
          generator(),
          new Network([2, ...hidden, 1]).initialize(new Random(seed, "adversary")),
          optimizer,
          rulesOf(settings),
        ),
    );
    this.latentSize = this.games[0].generator.inputs;
    this.dataStream = new Random(seed, "data");
    this.latentStream = new Random(seed, "latents");
    this.shareStream = new Random(seed, "shares");
    this.draw = sampler(usable, drawn);
    this.draw(new Random(seed, "evaluation data"), this.real, EVALUATED);
    this.latents = new Float64Array(this.latentSize * EVALUATED);
    this.fillLatents(new Random(seed, "evaluation latents"), this.latents);
    this.modes = modesOf(usable);
    this.realCounts = countOnGrid(this.real, EVALUATED, GRID, EXTENT);
    for (let row = 0, at = 0; row < CELLS; row++)
      for (let column = 0; column < CELLS; column++) {
        this.grid[at++] = ((2 * column + 1) / CELLS - 1) * EXTENT;
        this.grid[at++] = ((2 * row + 1) / CELLS - 1) * EXTENT;
      }
  }

  /** Takes settings that may change while the race runs. */
  change(settings: Settings): void {
    this.settings = settings;
    for (const game of this.games) {
      game.rules = rulesOf(settings);
      game.setRates(settings.generator_rate, settings.adversary_rate);
    }
  }

  /** The line's latents are uniform in [−1, 1), as in the paper; all others are normal. */
  private fillLatents(random: Random, latents: Float64Array): void {
    const uniform = this.latentSize === 1;
    for (let i = 0; i < latents.length; i++)
      latents[i] = uniform ? 2 * random.uniform() - 1 : random.normal();
  }

  private nextLatents(): Float64Array {
    const latents = this.batchLatents.subarray(0, this.latentSize * BATCH);
    this.fillLatents(this.latentStream, latents);
    return latents;
  }

  /** One step of both adversaries, on the same points and latents. */
  adversaryStep(): void {
    this.draw(this.dataStream, this.batch, BATCH);
    const latents = this.nextLatents();
    for (let i = 0; i < BATCH; i++) this.shares[i] = this.shareStream.uniform();
    for (const game of this.games) game.adversaryStep(this.batch, latents, this.shares, BATCH);
    this.adversarySteps++;
  }

  /** One generator step of both games, after their adversaries' steps. */
  advance(): void {
    for (let t = 0; t < this.settings.n_critic; t++) this.adversaryStep();
    const latents = this.nextLatents();
    for (const game of this.games) game.generatorStep(latents, BATCH);
    this.step++;
  }

  picture(game: Game): Picture {
    const points = Float32Array.from(
      game.generator.forward(this.latents, SHOWN).subarray(0, 2 * SHOWN),
    );
    const arrows = Float32Array.from(
      game.descent(Float64Array.from(points), SHOWN).subarray(0, 2 * SHOWN),
    );
    const outputs = game.adversary.forward(this.grid, CELLS * CELLS);
    const landscape = new Float32Array(CELLS * CELLS);
    for (let i = 0; i < landscape.length; i++)
      landscape[i] = game.kind === "gan" ? sigmoid(outputs[i]) : outputs[i];
    const all = game.generator.forward(this.latents, EVALUATED);
    const covered = coveredModes(all, EVALUATED, this.modes);
    return { landscape, points, arrows, covered, ...this.histogram(game) };
  }

  private histogram(game: Game): { weights: Float32Array; span: number } {
    const { clip, constraint } = this.settings;
    const { parameters } = game.adversary;
    let span = clip;
    if (constraint !== "clip") {
      span = 1e-9;
      for (const weight of parameters) span = Math.max(span, Math.abs(weight));
    }
    const weights = new Float32Array(HISTOGRAM);
    for (const weight of parameters) {
      const bin = Math.round(((weight / span + 1) / 2) * (HISTOGRAM - 1));
      weights[Math.min(HISTOGRAM - 1, Math.max(0, bin))]++;
    }
    return { weights, span };
  }

  measure(game: Game): Measures {
    const { clip } = this.settings;
    const all = Float64Array.from(
      game.generator.forward(this.latents, EVALUATED).subarray(0, 2 * EVALUATED),
    );
    const counts = countOnGrid(all, EVALUATED, GRID, EXTENT);
    const covered = coveredModes(all, EVALUATED, this.modes);
    const arrows = game.descent(all, SHOWN);
    const lengths = Float64Array.from({ length: SHOWN }, (_, s) =>
      Math.hypot(arrows[2 * s], arrows[2 * s + 1]),
    ).sort();
    const arrow = (lengths[SHOWN / 2 - 1] + lengths[SHOWN / 2]) / 2;

    const onReal = game.adversary.forward(this.real, SHOWN).slice(0, SHOWN);
    const onGenerated = game.adversary.forward(all, SHOWN).slice(0, SHOWN);
    const mean = (values: Float64Array, of: (x: number) => number) =>
      values.reduce((sum, value) => sum + of(value), 0) / values.length;
    const isGan = game.kind === "gan";
    const loss = mean(onReal, (x) => softplus(-x)) + mean(onGenerated, softplus);
    const same = (x: number) => x;
    const between = new Float64Array(2 * SHOWN);
    for (let i = 0; i < between.length; i++) between[i] = (this.real[i] + all[i]) / 2;
    const steepest = isGan
      ? Number.NaN
      : Math.max(
          game.steepestSlope(this.grid, CELLS * CELLS),
          game.steepestSlope(this.real, SHOWN),
          game.steepestSlope(all, SHOWN),
          game.steepestSlope(between, SHOWN),
        );
    const { parameters } = game.adversary;
    let atBound = 0;
    for (const weight of parameters) if (Math.abs(weight) >= 0.999 * clip) atBound++;
    return {
      js: jsDivergence(this.realCounts, counts),
      kl: klDivergence(this.realCounts, counts),
      earthMover: earthMoverOfPoints(this.real, all, SHOWN),
      estimate: isGan ? Math.LN2 - loss / 2 : mean(onReal, same) - mean(onGenerated, same),
      steepest,
      arrow,
      onReal: mean(onReal, isGan ? sigmoid : same),
      onGenerated: mean(onGenerated, isGan ? sigmoid : same),
      covered: covered.filter(Boolean).length,
      modes: covered.length,
      atBound: atBound / parameters.length,
    };
  }
}

function rulesOf(settings: Settings) {
  return {
    ganLoss: settings.gan_loss,
    constraint: settings.constraint,
    clipValue: settings.clip,
    penaltyWeight: 10,
  };
}
