/** Dense networks with leaky ReLU between their layers, and their backpropagation. */

import { multiply } from "./matrix";
import type { Random } from "./random";

export const NEGATIVE_SLOPE = 0.2; // as Keras' activation="leaky_relu"

/** What the games need of a generator: `Network`, or the line that may only be shifted. */
export interface Trainable {
  readonly parameters: Float64Array;
  readonly gradients: Float64Array;
  readonly inputs: number;
  readonly outputs: number;
  /** Outputs of `count` rows; the array is reused by the next call. */
  forward(points: Float64Array, count: number): Float64Array;
  /** Adds d loss / d parameters for the rows of the last `forward`. */
  backward(outputGradients: Float64Array, count: number): void;
}

/**
 * A multilayer perceptron; the last layer is linear.
 *
 * All parameters lie in one array, layer by layer: the kernel with a row for each input, as
 * in Keras, then the bias.
 */
export class Network implements Trainable {
  readonly parameters: Float64Array;
  readonly gradients: Float64Array;
  readonly kernels: Float64Array[] = [];
  readonly biases: Float64Array[] = [];
  readonly inputs: number;
  readonly outputs: number;
  private readonly kernelGradients: Float64Array[] = [];
  private readonly biasGradients: Float64Array[] = [];
  private values: Float64Array[] = []; // of each layer, after its activation
  private deltas: Float64Array[] = []; // d loss / d what a layer's activation receives
  private tangents: Float64Array[] = [];
  private inputGradients = new Float64Array(0);
  private points: Float64Array = new Float64Array(0);
  private capacity = 0;

  /** @param sizes Inputs, the widths of the hidden layers, outputs. */
  constructor(readonly sizes: readonly number[]) {
    let total = 0;
    for (let l = 1; l < sizes.length; l++) total += (sizes[l - 1] + 1) * sizes[l];
    this.parameters = new Float64Array(total);
    this.gradients = new Float64Array(total);
    this.inputs = sizes[0];
    this.outputs = sizes[sizes.length - 1];
    let at = 0;
    for (let l = 1; l < sizes.length; l++) {
      const kernel = sizes[l - 1] * sizes[l];
      this.kernels.push(this.parameters.subarray(at, at + kernel));
      this.kernelGradients.push(this.gradients.subarray(at, at + kernel));
      at += kernel;
      this.biases.push(this.parameters.subarray(at, at + sizes[l]));
      this.biasGradients.push(this.gradients.subarray(at, at + sizes[l]));
      at += sizes[l];
    }
  }

  get layers(): number {
    return this.sizes.length - 1;
  }

  /** Glorot's uniform initial kernels and zero biases, as Keras' Dense. */
  initialize(random: Random): this {
    this.kernels.forEach((kernel, l) => {
      const limit = Math.sqrt(6 / (this.sizes[l] + this.sizes[l + 1]));
      for (let i = 0; i < kernel.length; i++) kernel[i] = (2 * random.uniform() - 1) * limit;
      this.biases[l].fill(0);
    });
    return this;
  }

  private reserve(count: number): void {
    if (count <= this.capacity) return;
    this.capacity = count;
    const rows = () => this.sizes.slice(1).map((size) => new Float64Array(count * size));
    [this.values, this.deltas, this.tangents] = [rows(), rows(), rows()];
    this.inputGradients = new Float64Array(count * this.inputs);
  }

  forward(points: Float64Array, count: number): Float64Array {
    this.reserve(count);
    this.points = points;
    let before = points;
    for (let l = 0; l < this.layers; l++) {
      const [rows, columns] = [this.sizes[l], this.sizes[l + 1]];
      const after = this.values[l];
      multiply(count, columns, rows, before, rows, 1, this.kernels[l], columns, 1, after, false);
      const bias = this.biases[l];
      const linear = l === this.layers - 1;
      for (let s = 0, at = 0; s < count; s++) {
        for (let j = 0; j < columns; j++, at++) {
          const sum = after[at] + bias[j];
          after[at] = linear || sum > 0 ? sum : NEGATIVE_SLOPE * sum;
        }
      }
      before = after;
    }
    return before;
  }

  backward(outputGradients: Float64Array, count: number): void {
    this.propagate(outputGradients, count);
    for (let l = 0; l < this.layers; l++) {
      const [rows, columns] = [this.sizes[l], this.sizes[l + 1]];
      const before = l ? this.values[l - 1] : this.points;
      const delta = this.deltas[l];
      multiply(
        rows,
        columns,
        count,
        before,
        1,
        rows,
        delta,
        columns,
        1,
        this.kernelGradients[l],
        true,
      );
      const bias = this.biasGradients[l];
      for (let s = 0, at = 0; s < count; s++)
        for (let j = 0; j < columns; j++, at++) bias[j] += delta[at];
    }
  }

  /** d loss / d inputs for the rows of the last `forward`; leaves `gradients` alone. */
  inputGradient(outputGradients: Float64Array, count: number): Float64Array {
    this.propagate(outputGradients, count);
    const [rows, columns] = [this.inputs, this.sizes[1]];
    multiply(
      count,
      rows,
      columns,
      this.deltas[0],
      columns,
      1,
      this.kernels[0],
      1,
      columns,
      this.inputGradients,
      false,
    );
    return this.inputGradients;
  }

  /**
   * Adds the parameters' gradient of a function of the input gradient.
   *
   * Between its kinks a leaky ReLU is linear, so the input gradient is a product of kernels
   * and masks, and its derivative flows through the network the way the inputs do: forward.
   * Call it after `inputGradient` with ones.
   *
   * @param tangent d loss / d input gradient, a row for each point.
   */
  backwardThroughInputGradient(tangent: Float64Array, count: number): void {
    let before = tangent;
    for (let l = 0; l < this.layers; l++) {
      const [rows, columns] = [this.sizes[l], this.sizes[l + 1]];
      multiply(
        rows,
        columns,
        count,
        before,
        1,
        rows,
        this.deltas[l],
        columns,
        1,
        this.kernelGradients[l],
        true,
      );
      if (l === this.layers - 1) return;
      const after = this.tangents[l];
      multiply(count, columns, rows, before, rows, 1, this.kernels[l], columns, 1, after, false);
      this.mask(after, this.values[l], count * columns);
      before = after;
    }
  }

  private propagate(outputGradients: Float64Array, count: number): void {
    const last = this.layers - 1;
    this.deltas[last].set(outputGradients.subarray(0, count * this.outputs));
    for (let l = last; l > 0; l--) {
      const [rows, columns] = [this.sizes[l], this.sizes[l + 1]];
      const below = this.deltas[l - 1];
      multiply(
        count,
        rows,
        columns,
        this.deltas[l],
        columns,
        1,
        this.kernels[l],
        1,
        columns,
        below,
        false,
      );
      this.mask(below, this.values[l - 1], count * rows);
    }
  }

  private mask(target: Float64Array, values: Float64Array, length: number): void {
    for (let i = 0; i < length; i++) if (values[i] <= 0) target[i] *= NEGATIVE_SLOPE;
  }

  /**
   * How much the output hears of each place in the network: the mean norm, over the rows of
   * the last `inputGradient`, of its gradient by the inputs, then by what each hidden layer
   * receives before its activation.
   */
  gradientNorms(count: number): number[] {
    const norm = (values: Float64Array, size: number) => {
      let sum = 0;
      for (let s = 0; s < count; s++) {
        let squares = 0;
        for (let j = 0; j < size; j++) squares += values[s * size + j] ** 2;
        sum += Math.sqrt(squares);
      }
      return sum / count;
    };
    return [
      norm(this.inputGradients, this.inputs),
      ...this.deltas.slice(0, -1).map((delta, l) => norm(delta, this.sizes[l + 1])),
    ];
  }
}

/** The paper's Example 1: a vertical line, of which only the place θ is learned. */
export class ShiftedLine implements Trainable {
  readonly parameters: Float64Array;
  readonly gradients = new Float64Array(1);
  readonly inputs = 1;
  readonly outputs = 2;
  private points = new Float64Array(0);

  constructor(
    theta: number,
    readonly halfHeight: number,
  ) {
    this.parameters = Float64Array.of(theta);
  }

  forward(latents: Float64Array, count: number): Float64Array {
    if (this.points.length < 2 * count) this.points = new Float64Array(2 * count);
    for (let s = 0; s < count; s++) {
      this.points[2 * s] = this.parameters[0];
      this.points[2 * s + 1] = this.halfHeight * latents[s];
    }
    return this.points;
  }

  backward(outputGradients: Float64Array, count: number): void {
    for (let s = 0; s < count; s++) this.gradients[0] += outputGradients[2 * s];
  }
}
