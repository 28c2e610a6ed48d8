/** Runs a generator that lab/generators.py wrote: a list of operations, float16 weights. */

interface PackedArray {
  at: number; // of its first number among the weights
  shape: number[];
}

interface Operation {
  op: "dense" | "conv" | "conv_transpose" | "upsample" | "affine" | "add" | "relu" | "tanh";
  inputs: number[]; // values: 0 is the latents, operation i makes value i + 1
  shape: number[]; // of the result: height, width, channels
  strides?: number;
  slope?: number; // below zero
  kernel?: PackedArray;
  bias?: PackedArray;
  scale?: PackedArray;
  shift?: PackedArray;
}

/** What the file of a generator sets as `window.labWeights[name]`. */
export interface PackedGenerator {
  name: string;
  source: string;
  latent_dim: number;
  multiplications: number; // of one picture
  operations: (Omit<Operation, "op"> & { op: string })[];
  weights: string; // float16, little endian, in base64
}

function decode(base64: string): Float32Array {
  const text = atob(base64);
  const numbers = new Float32Array(text.length / 2);
  for (let i = 0; i < numbers.length; i++) {
    const half = text.charCodeAt(2 * i) | (text.charCodeAt(2 * i + 1) << 8);
    const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
    const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : fraction * 2 ** -24;
    numbers[i] = half & 0x8000 ? -size : size;
  }
  return numbers;
}

const NARROW = 4; // with fewer output channels, the inner loop runs over the input channels

type Step = () => void;

/** From latents to a picture. Its buffers are its own and are used again. */
export class Generator {
  readonly latentDim: number;
  /** Height, width and channels of a picture. */
  readonly shape: readonly number[];
  private readonly latents: Float32Array;
  private readonly picture: Float32Array;
  private readonly steps: Step[] = [];

  constructor(packed: PackedGenerator) {
    this.latentDim = packed.latent_dim;
    const weights = decode(packed.weights);
    const read = (array?: PackedArray) =>
      array && weights.subarray(array.at, array.at + array.shape.reduce((a, b) => a * b, 1));
    this.latents = new Float32Array(this.latentDim);
    const values = [this.latents];
    const shapes: number[][] = [[this.latentDim]];
    for (const packedOperation of packed.operations) {
      const operation = packedOperation as Operation;
      const [x, y] = operation.inputs.map((value) => values[value]);
      const out = new Float32Array(operation.shape.reduce((a, b) => a * b, 1));
      const [kernel, bias] = [read(operation.kernel), read(operation.bias)];
      const inputShape = shapes[operation.inputs[0]];
      this.steps.push(
        step(operation, x, y, out, inputShape, {
          kernel,
          bias,
          scale: read(operation.scale),
          shift: read(operation.shift),
        }),
      );
      values.push(out);
      shapes.push(operation.shape);
    }
    this.picture = values[values.length - 1];
    this.shape = shapes[shapes.length - 1];
  }

  /** The picture's numbers in [−1, 1]; the array is overwritten by the next picture. */
  run(latents: Float32Array): Float32Array {
    this.latents.set(latents);
    for (const step of this.steps) step();
    return this.picture;
  }

  /** Grey levels or colours from 0 to 255. */
  draw(latents: Float32Array): Uint8Array {
    return Uint8Array.from(this.run(latents), (x) => Math.round((x + 1) * 127.5));
  }
}

function step(
  { op, shape, slope = 0, strides = 1, kernel: packedKernel }: Operation,
  x: Float32Array,
  y: Float32Array,
  out: Float32Array,
  inputShape: number[],
  arrays: Partial<Record<"kernel" | "bias" | "scale" | "shift", Float32Array>>,
): Step {
  const channels = shape[shape.length - 1];
  const kernel = arrays.kernel as Float32Array;
  const begin = (bias: Float32Array | undefined) => {
    if (!bias) out.fill(0);
    else for (let i = 0; i < out.length; i += bias.length) out.set(bias, i);
  };
  switch (op) {
    case "dense":
      return () => {
        begin(arrays.bias);
        addProducts(x, 0, x.length, kernel, 0, out, 0, out.length);
      };
    case "conv":
    case "conv_transpose": {
      const add = taps(op, packedKernel!.shape, inputShape, shape, strides, kernel, x, out);
      return () => {
        begin(arrays.bias);
        add();
      };
    }
    case "upsample": {
      const row = shape[1] * channels;
      return () => {
        for (let i = 0, from = 0; i < out.length; i += 2 * row) {
          for (let j = i; j < i + row; j += 2 * channels, from += channels)
            for (let c = 0; c < channels; c++) out[j + c] = out[j + channels + c] = x[from + c];
          out.copyWithin(i + row, i, i + row);
        }
      };
    }
    case "affine": {
      const { scale, shift } = arrays as Record<"scale" | "shift", Float32Array>;
      return () => {
        for (let i = 0; i < out.length; i++)
          out[i] = x[i] * scale[i % channels] + shift[i % channels];
      };
    }
    case "add":
      return () => {
        for (let i = 0; i < out.length; i++) out[i] = x[i] + y[i];
      };
    case "relu":
      return () => {
        for (let i = 0; i < out.length; i++) out[i] = x[i] > 0 ? x[i] : slope * x[i];
      };
    case "tanh":
      return () => {
        for (let i = 0; i < out.length; i++) out[i] = Math.tanh(x[i]);
      };
    default:
      throw new Error(`unknown operation ${op}`);
  }
}

/**
 * A convolution with padding "same", or a transposed one: each pixel of the smaller picture
 * meets each pixel of the larger one that lies below the kernel.
 */
function taps(
  op: "conv" | "conv_transpose",
  [rows, columns, inputs, outputs]: number[],
  from: number[],
  to: number[],
  strides: number,
  kernel: Float32Array,
  x: Float32Array,
  out: Float32Array,
): Step {
  const transposed = op === "conv_transpose";
  const [small, large] = transposed ? [from, to] : [to, from];
  const before = (size: number, axis: number) =>
    Math.floor(Math.max(0, (small[axis] - 1) * strides + size - large[axis]) / 2);
  const [top, left] = [before(rows, 0), before(columns, 1)];
  const narrow = outputs < NARROW;
  const weights = narrow ? swapped(kernel, inputs, outputs) : kernel;
  return () => {
    for (let row = 0; row < small[0]; row++)
      for (let column = 0; column < small[1]; column++)
        for (let i = 0; i < rows; i++) {
          const farRow = row * strides + i - top;
          if (farRow < 0 || farRow >= large[0]) continue;
          for (let j = 0; j < columns; j++) {
            const farColumn = column * strides + j - left;
            if (farColumn < 0 || farColumn >= large[1]) continue;
            const near = row * small[1] + column;
            const far = farRow * large[1] + farColumn;
            const source = (transposed ? near : far) * inputs;
            const target = (transposed ? far : near) * outputs;
            let at = (i * columns + j) * inputs * outputs;
            if (narrow) {
              for (let o = 0; o < outputs; o++, at += inputs) {
                let sum = 0;
                for (let c = 0; c < inputs; c++) sum += x[source + c] * weights[at + c];
                out[target + o] += sum;
              }
            } else addProducts(x, source, inputs, weights, at, out, target, outputs);
          }
        }
  };
}

/**
 * Adds the product of a row of `inputs` numbers and a matrix to a row of `outputs` numbers,
 * four inputs at once, so that the sums are read and written a quarter as often.
 */
function addProducts(
  x: Float32Array,
  source: number,
  inputs: number,
  weights: Float32Array,
  at: number,
  out: Float32Array,
  target: number,
  outputs: number,
): void {
  let c = 0;
  for (; c + 3 < inputs; c += 4, at += 4 * outputs) {
    const a = x[source + c];
    const b = x[source + c + 1];
    const d = x[source + c + 2];
    const e = x[source + c + 3];
    if (a === 0 && b === 0 && d === 0 && e === 0) continue; // as often after a ReLU
    const [second, third, fourth] = [at + outputs, at + 2 * outputs, at + 3 * outputs];
    for (let o = 0; o < outputs; o++)
      out[target + o] +=
        a * weights[at + o] +
        b * weights[second + o] +
        d * weights[third + o] +
        e * weights[fourth + o];
  }
  for (; c < inputs; c++, at += outputs) {
    const input = x[source + c];
    for (let o = 0; o < outputs; o++) out[target + o] += input * weights[at + o];
  }
}

/** A kernel whose last two axes are swapped. */
function swapped(kernel: Float32Array, inputs: number, outputs: number): Float32Array {
  const result = new Float32Array(kernel.length);
  for (let at = 0; at < kernel.length; at += inputs * outputs)
    for (let c = 0; c < inputs; c++)
      for (let o = 0; o < outputs; o++) result[at + o * inputs + c] = kernel[at + c * outputs + o];
  return result;
}
