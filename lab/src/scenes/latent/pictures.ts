/** Which latents a picture of the scene is made from. */

import { drawLatents, onArc, onLine } from "../../engine/philox";
import { GALLERY, type Settings, SIDE, STRIP } from "./settings";

type Layout = Pick<Settings, "view" | "seed" | "length" | "from" | "to" | "way">;

/**
 * Four pictures that differ much, to be the corners of a map: the first, and then always the
 * one whose nearest chosen picture is the farthest.
 */
export function farApart(pictures: ArrayLike<number>[], count = 4): number[] {
  const distance = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
    return sum;
  };
  const chosen = [0];
  const nearest = pictures.map((picture) => distance(picture, pictures[0]));
  while (chosen.length < Math.min(count, pictures.length)) {
    const next = nearest.indexOf(Math.max(...nearest));
    chosen.push(next);
    pictures.forEach((picture, i) => {
      nearest[i] = Math.min(nearest[i], distance(picture, pictures[next]));
    });
  }
  return chosen;
}

/** The latents of one layout; rows of the seed are drawn once. */
export class LatentMap {
  /** The pictures of the seed at the map's corners, row by row. */
  corners = [0, 1, 2, 3];
  private readonly rows = new Map<number, Float32Array>();

  constructor(
    readonly layout: Layout,
    private readonly latentDim: number,
  ) {}

  row(index: number): Float32Array {
    let row = this.rows.get(index);
    if (!row) {
      row = drawLatents(this.layout.seed, index, this.latentDim);
      this.rows.set(index, row);
    }
    return row;
  }

  /** The sheet that is spanned by its corners. */
  onPlane(x: number, y: number): Float32Array {
    const [a, b, c, d] = this.corners.map((index) => this.row(index));
    const top = onArc(a, b, x);
    const bottom = onArc(c, d, x);
    return this.scaled(onArc(top, bottom, y));
  }

  onWalk(share: number): Float32Array {
    const walk = this.layout.way === "arc" ? onArc : onLine;
    return this.scaled(walk(this.row(this.layout.from), this.row(this.layout.to), share));
  }

  /** The small pictures: a map row by row, or a gallery and then the steps of a walk. */
  get count(): number {
    return this.layout.view === "plane" ? SIDE * SIDE : GALLERY + STRIP;
  }

  small(index: number): Float32Array {
    if (this.layout.view === "plane")
      return this.onPlane((index % SIDE) / (SIDE - 1), Math.floor(index / SIDE) / (SIDE - 1));
    if (index < GALLERY) return this.row(index); // as `sample` draws them
    return this.onWalk((index - GALLERY) / (STRIP - 1));
  }

  private scaled(latents: Float32Array): Float32Array {
    return latents.map((x) => x * this.layout.length);
  }
}

/** The order in which small pictures are made: from the middle of the map outwards. */
export function order(map: LatentMap): number[] {
  const indices = Array.from({ length: map.count }, (_, index) => index);
  if (map.layout.view !== "plane") return indices;
  const middle = (SIDE - 1) / 2;
  const away = (index: number) =>
    Math.hypot((index % SIDE) - middle, Math.floor(index / SIDE) - middle);
  return indices.sort((a, b) => away(a) - away(b));
}
