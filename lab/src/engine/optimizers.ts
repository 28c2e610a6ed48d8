/** Keras' optimizers, with its formulas and its ε. */

const EPSILON = 1e-7;

export type OptimizerName = "rmsprop" | "adam" | "sgd";

export interface Optimizer {
  learningRate: number;
  /** Moves the parameters one step down the gradients. */
  apply(parameters: Float64Array, gradients: Float64Array): void;
}

/** @param beta1 Adam's momentum; `beta2` the decay of its squares. Others ignore both. */
export function createOptimizer(
  name: OptimizerName,
  learningRate: number,
  beta1: number,
  beta2: number,
): Optimizer {
  if (name === "adam") return new Adam(learningRate, beta1, beta2);
  return name === "rmsprop" ? new RmsProp(learningRate) : new Sgd(learningRate);
}

class Sgd implements Optimizer {
  constructor(public learningRate: number) {}

  apply(parameters: Float64Array, gradients: Float64Array): void {
    for (let i = 0; i < parameters.length; i++) parameters[i] -= this.learningRate * gradients[i];
  }
}

class RmsProp implements Optimizer {
  private squares = new Float64Array(0);

  constructor(public learningRate: number) {}

  apply(parameters: Float64Array, gradients: Float64Array): void {
    if (!this.squares.length) this.squares = new Float64Array(parameters.length);
    const { squares, learningRate } = this;
    for (let i = 0; i < parameters.length; i++) {
      const gradient = gradients[i];
      squares[i] = 0.9 * squares[i] + 0.1 * gradient * gradient;
      parameters[i] -= (learningRate * gradient) / Math.sqrt(squares[i] + EPSILON);
    }
  }
}

class Adam implements Optimizer {
  private means = new Float64Array(0);
  private squares = new Float64Array(0);
  private steps = 0;

  constructor(
    public learningRate: number,
    private readonly beta1: number,
    private readonly beta2: number,
  ) {}

  apply(parameters: Float64Array, gradients: Float64Array): void {
    if (!this.means.length) {
      this.means = new Float64Array(parameters.length);
      this.squares = new Float64Array(parameters.length);
    }
    const { means, squares, beta1, beta2 } = this;
    this.steps++;
    const rate =
      (this.learningRate * Math.sqrt(1 - beta2 ** this.steps)) / (1 - beta1 ** this.steps);
    for (let i = 0; i < parameters.length; i++) {
      const gradient = gradients[i];
      means[i] += (gradient - means[i]) * (1 - beta1);
      squares[i] += (gradient * gradient - squares[i]) * (1 - beta2);
      parameters[i] -= (rate * means[i]) / (Math.sqrt(squares[i]) + EPSILON);
    }
  }
}
