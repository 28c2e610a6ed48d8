/** Pictures of grey levels or colours on small canvases, drawn larger without blur. */

import type { Drawing } from "../../ui/canvas";

/** A row of equal pictures on one canvas. */
export class Sprites {
  readonly canvas = document.createElement("canvas");
  readonly pictures: (Uint8Array | undefined)[];
  private shape: number[] = [1, 1, 1];

  constructor(
    readonly count: number,
    private readonly columns: number,
  ) {
    this.pictures = new Array(count);
  }

  get width(): number {
    return this.shape[1];
  }
  get height(): number {
    return this.shape[0];
  }

  /** Forgets all pictures; the next ones are of this height, width and depth. */
  clear(shape: number[]): void {
    this.shape = shape;
    this.canvas.width = shape[1] * this.columns;
    this.canvas.height = shape[0] * Math.ceil(this.count / this.columns);
    this.pictures.fill(undefined);
  }

  put(index: number, picture: Uint8Array): void {
    const [height, width, channels] = this.shape;
    const image = new ImageData(width, height);
    for (let pixel = 0; pixel < width * height; pixel++) {
      for (let c = 0; c < 3; c++)
        image.data[4 * pixel + c] = picture[pixel * channels + (channels === 3 ? c : 0)];
      image.data[4 * pixel + 3] = 255;
    }
    const x = (index % this.columns) * width;
    const y = Math.floor(index / this.columns) * height;
    this.canvas.getContext("2d")!.putImageData(image, x, y);
    this.pictures[index] = picture;
  }

  /** Draws all of it, or one picture, over a whole drawing. */
  draw({ context, width, height }: Drawing, index?: number): void {
    context.imageSmoothingEnabled = false;
    if (index === undefined) context.drawImage(this.canvas, 0, 0, width, height);
    else {
      const x = (index % this.columns) * this.width;
      const y = Math.floor(index / this.columns) * this.height;
      context.drawImage(this.canvas, x, y, this.width, this.height, 0, 0, width, height);
    }
  }
}

/** Two pictures, pixel by pixel: (1 − share) of the first and share of the second. */
export function fade(a: Uint8Array, b: Uint8Array, share: number): Uint8Array {
  return a.map((level, i) => Math.round((1 - share) * level + share * b[i]));
}
