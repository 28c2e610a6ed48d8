/** One game between a generator and its adversary: a GAN's or a WGAN's, Algorithm 1. */

import type { Network, Trainable } from "./network";
import { createOptimizer, type Optimizer, type OptimizerName } from "./optimizers";

export type GanLoss = "saturating" | "non-saturating"; // log(1 − D), −log D
export type Constraint = "clip" | "penalty" | "none";

/** Rules that may change while the game goes on. */
export interface Rules {
  ganLoss: GanLoss;
  constraint: Constraint;
  clipValue: number;
  penaltyWeight: number;
}

export interface OptimizerSettings {
  name: OptimizerName;
  generatorRate: number;
  adversaryRate: number;
  beta1: number;
  beta2: number;
}

export class Game {
  private readonly generatorOptimizer: Optimizer;
  private readonly adversaryOptimizer: Optimizer;
  private both = new Float64Array(0);
  private outputGradients = new Float64Array(0);
  private ones = new Float64Array(0);
  private mixed = new Float64Array(0);
  private tangent = new Float64Array(0);

  constructor(
    readonly kind: "gan" | "wgan",
    readonly generator: Trainable,
    readonly adversary: Network,
    optimizer: OptimizerSettings,
    public rules: Rules,
  ) {
    const { name, generatorRate, adversaryRate, beta1, beta2 } = optimizer;
    this.generatorOptimizer = createOptimizer(name, generatorRate, beta1, beta2);
    this.adversaryOptimizer = createOptimizer(name, adversaryRate, beta1, beta2);
  }

  setRates(generatorRate: number, adversaryRate: number): void {
    this.generatorOptimizer.learningRate = generatorRate;
    this.adversaryOptimizer.learningRate = adversaryRate;
  }

  /**
   * Lines 3 to 7: one step of the discriminator or critic.
   *
   * @param real Points, two numbers each; `latents` as many.
   * @param shares For the penalty: where between a real and a generated point, in [0, 1).
   */
  adversaryStep(
    real: Float64Array,
    latents: Float64Array,
    shares: Float64Array,
    count: number,
  ): void {
    this.reserve(2 * count);
    const { adversary, both, outputGradients } = this;
    both.set(real.subarray(0, 2 * count));
    both.set(this.generator.forward(latents, count).subarray(0, 2 * count), 2 * count);
    const outputs = adversary.forward(both, 2 * count);
    for (let s = 0; s < count; s++) {
      // d loss / d output, of mean f(fake) − mean f(real) or of both softplus terms
      outputGradients[s] = (this.kind === "wgan" ? -1 : sigmoid(outputs[s]) - 1) / count;
      outputGradients[count + s] = (this.kind === "wgan" ? 1 : sigmoid(outputs[count + s])) / count;
    }
    adversary.gradients.fill(0);
    adversary.backward(outputGradients, 2 * count);
    if (this.kind === "wgan" && this.rules.constraint === "penalty") this.addPenalty(shares, count);
    this.adversaryOptimizer.apply(adversary.parameters, adversary.gradients);
    if (this.kind === "wgan" && this.rules.constraint === "clip") this.clip();
  }

  private clip(): void {
    const { clipValue } = this.rules;
    const { parameters } = this.adversary;
    for (let i = 0; i < parameters.length; i++) {
      if (parameters[i] > clipValue) parameters[i] = clipValue;
      else if (parameters[i] < -clipValue) parameters[i] = -clipValue;
    }
  }

  /** λ · mean (‖∇f‖ − 1)² between the real and generated points that `both` still holds. */
  private addPenalty(shares: Float64Array, count: number): void {
    const { both, mixed, tangent, adversary } = this;
    for (let s = 0; s < count; s++) {
      const share = shares[s];
      for (let d = 0; d < 2; d++)
        mixed[2 * s + d] = share * both[2 * s + d] + (1 - share) * both[2 * (count + s) + d];
    }
    adversary.forward(mixed, count);
    const slopes = adversary.inputGradient(this.ones, count);
    const scale = (2 * this.rules.penaltyWeight) / count;
    for (let s = 0; s < count; s++) {
      const [x, y] = [slopes[2 * s], slopes[2 * s + 1]];
      const norm = Math.sqrt(x * x + y * y);
      const factor = norm > 0 ? (scale * (norm - 1)) / norm : 0;
      tangent[2 * s] = factor * x;
      tangent[2 * s + 1] = factor * y;
    }
    adversary.backwardThroughInputGradient(tangent, count);
  }

  /** Lines 9 to 11: one step of the generator. */
  generatorStep(latents: Float64Array, count: number): void {
    this.reserve(count);
    const points = this.generator.forward(latents, count);
    const outputs = this.adversary.forward(points, count);
    for (let s = 0; s < count; s++) this.outputGradients[s] = this.lossSlope(outputs[s]) / count;
    const gradients = this.adversary.inputGradient(this.outputGradients, count);
    this.generator.gradients.fill(0);
    this.generator.backward(gradients, count);
    this.generatorOptimizer.apply(this.generator.parameters, this.generator.gradients);
  }

  /**
   * The direction in which the generator's loss falls, at each point: minus the gradient of
   * the point's own term of the loss. The array is reused.
   */
  descent(points: Float64Array, count: number): Float64Array {
    this.reserve(count);
    const outputs = this.adversary.forward(points, count);
    for (let s = 0; s < count; s++) this.outputGradients[s] = -this.lossSlope(outputs[s]);
    return this.adversary.inputGradient(this.outputGradients, count);
  }

  /** The largest gradient norm of the adversary at points: K is at least that. */
  steepestSlope(points: Float64Array, count: number): number {
    this.reserve(count);
    this.adversary.forward(points, count);
    const slopes = this.adversary.inputGradient(this.ones, count);
    let steepest = 0;
    for (let s = 0; s < count; s++)
      steepest = Math.max(steepest, slopes[2 * s] ** 2 + slopes[2 * s + 1] ** 2);
    return Math.sqrt(steepest);
  }

  /** d (a point's generator loss) / d (the adversary's output there). */
  private lossSlope(output: number): number {
    if (this.kind === "wgan") return -1;
    return this.rules.ganLoss === "saturating" ? -sigmoid(output) : -sigmoid(-output);
  }

  private reserve(count: number): void {
    if (this.outputGradients.length >= count) return;
    this.outputGradients = new Float64Array(count);
    this.ones = new Float64Array(count).fill(1);
    this.both = new Float64Array(2 * count);
    this.mixed = new Float64Array(2 * count);
    this.tangent = new Float64Array(2 * count);
  }
}

export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

/** log(1 + eˣ) without overflow. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
