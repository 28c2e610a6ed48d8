/** A clipped critic in one dimension, between two heaps that stand still. */

import { Network } from "../../engine/network";
import { createOptimizer, type Optimizer } from "../../engine/optimizers";
import { Random } from "../../engine/random";
import { CENTRE, EXTENT, HEAP, PLACES, type Settings, SPREAD } from "./settings";

export interface Findings {
  step: number;
  clip: number;
  scores: Float32Array; // f(x) − f(0), at PLACES places: a critic's level means nothing
  /** The steepest slope at these places: K is at least that. */
  steepest: number;
  /** The gradient's mean norm at the inputs, then at each hidden layer. */
  gradients: number[];
  estimate: number; // mean f(real) − mean f(generated)
  earthMover: number; // exact, of the two heaps
  atBound: number; // share of the weights at ±c
}

export class ClippedCritic {
  readonly network: Network;
  readonly real: Float64Array;
  readonly generated: Float64Array;
  private readonly both = new Float64Array(2 * HEAP);
  private readonly outputGradients = new Float64Array(2 * HEAP);
  private readonly places: Float64Array;
  private readonly ones = new Float64Array(Math.max(PLACES, 2 * HEAP)).fill(1);
  private readonly optimizer: Optimizer;
  private readonly earthMover: number;
  step = 0;
  clip: number;

  constructor({ seed, width, depth, clip }: Settings) {
    const random = new Random(seed, "heaps");
    const heap = (centre: number) =>
      Float64Array.from({ length: HEAP }, () => centre + SPREAD * random.normal()).sort();
    this.real = heap(CENTRE);
    this.generated = heap(-CENTRE);
    this.both.set(this.real);
    this.both.set(this.generated, HEAP);
    // in one dimension the cheapest plan keeps the order
    this.earthMover =
      this.real.reduce((sum, x, i) => sum + Math.abs(x - this.generated[i]), 0) / HEAP;
    for (let s = 0; s < 2 * HEAP; s++) this.outputGradients[s] = (s < HEAP ? -1 : 1) / HEAP;
    this.places = Float64Array.from(
      { length: PLACES },
      (_, i) => ((2 * i) / (PLACES - 1) - 1) * EXTENT,
    );
    this.network = new Network([1, ...Array<number>(depth).fill(width), 1]);
    this.network.initialize(new Random(seed, "critic"));
    this.clip = clip;
    this.optimizer = createOptimizer("rmsprop", clip / 20, 0, 0);
    this.project();
  }

  /** One step of RMSprop on the critic's loss; the way from −c to c takes forty. */
  train(): void {
    const { network, both, outputGradients } = this;
    network.forward(both, 2 * HEAP);
    network.gradients.fill(0);
    network.backward(outputGradients, 2 * HEAP);
    this.optimizer.learningRate = this.clip / 20;
    this.optimizer.apply(network.parameters, network.gradients);
    this.project();
    this.step++;
  }

  private project(): void {
    const { parameters } = this.network;
    for (let i = 0; i < parameters.length; i++)
      parameters[i] = Math.min(this.clip, Math.max(-this.clip, parameters[i]));
  }

  look(): Findings {
    const { network, both, places, ones } = this;
    const outputs = network.forward(both, 2 * HEAP);
    let estimate = 0;
    for (let s = 0; s < 2 * HEAP; s++) estimate -= outputs[s] * this.outputGradients[s];
    network.inputGradient(ones, 2 * HEAP);
    const gradients = network.gradientNorms(2 * HEAP);
    const curve = network.forward(places, PLACES);
    const level = curve[(PLACES - 1) / 2];
    const scores = Float32Array.from({ length: PLACES }, (_, i) => curve[i] - level);
    const slopes = network.inputGradient(ones, PLACES);
    let steepest = 0;
    for (let i = 0; i < PLACES; i++) steepest = Math.max(steepest, Math.abs(slopes[i]));
    let atBound = 0;
    for (const weight of network.parameters) if (Math.abs(weight) >= 0.999 * this.clip) atBound++;
    return {
      step: this.step,
      clip: this.clip,
      scores,
      steepest,
      gradients,
      estimate,
      earthMover: this.earthMover,
      atBound: atBound / network.parameters.length,
    };
  }
}
