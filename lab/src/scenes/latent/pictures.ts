/** Which latents a picture of the scene is made from. */

import { drawLatents, onArc, onLine } from "../../engine/philox";
import { GALLERY, type Settings, SIDE, STRIP } from "./settings";

type Layout = Pick<Settings, "view" | "seed" | "length" | "from" | "to" | "way">;

/** The latents of one layout; rows of the seed are drawn once. */
export class LatentMap {
  private readonly rows = new Map<number, Float32Array>();

  constructor(
    readonly layout: Layout,
    private readonly latentDim: number,
  ) {}

  private row(index: number): Float32Array {
    let row = this.rows.get(index);
    if (!row) {
      row = drawLatents(this.layout.seed, index, this.latentDim);
      this.rows.set(index, row);
    }
    return row;
  }

  /** The sheet that is spanned by pictures 0 to 3 of the seed, its corners. */
  onPlane(x: number, y: number): Float32Array {
    const top = onArc(this.row(0), this.row(1), x);
    const bottom = onArc(this.row(2), this.row(3), x);
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
