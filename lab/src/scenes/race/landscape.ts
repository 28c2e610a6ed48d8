/** Draws one game: what its adversary thinks of each place, the points, and their arrows. */

import { colours, type Drawing } from "../../ui/canvas";
import { addArrow, addMark } from "../../ui/marks";
import type { Picture } from "./race";
import { CELLS, EXTENT } from "./settings";

const LEVELS = 9;
const tile = document.createElement("canvas");
tile.width = tile.height = CELLS;

/** @param unit Pixels of an arrow of length 1. */
export function drawLandscape(
  { context, width, height }: Drawing,
  picture: Picture,
  kind: "gan" | "wgan",
  real: Float32Array,
  modes: Float32Array,
  unit: number,
): void {
  const palette = colours();
  const { landscape, points, arrows, covered } = picture;
  let [low, high] = [0, 1];
  if (kind === "wgan") {
    low = Math.min(...landscape);
    high = Math.max(...landscape);
  }
  const span = high - low || 1;
  paintTile(landscape, low, span);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(tile, 0, 0, width, height);

  // contour lines, evenly spaced in D or in the critic's score
  const thresholds = Array.from(
    { length: LEVELS },
    (_, i) => low + (span * (i + 1)) / (LEVELS + 1),
  );
  context.strokeStyle = palette.ink;
  context.globalAlpha = 0.16;
  context.lineWidth = 1;
  context.beginPath();
  addContours(context, landscape, thresholds, width / CELLS, height);
  context.stroke();
  context.globalAlpha = 1;

  const px = (x: number) => ((x / EXTENT + 1) / 2) * width;
  const py = (y: number) => (1 - (y / EXTENT + 1) / 2) * height;
  const size = Math.max(1.6, width / 190);

  // rings around the modes, bold where they are covered
  context.strokeStyle = palette.ink;
  for (let k = 0; k < modes.length / 2; k++) {
    context.globalAlpha = covered[k] ? 0.9 : 0.3;
    context.lineWidth = covered[k] ? 2 : 1;
    context.setLineDash(covered[k] ? [] : [3, 3]);
    context.beginPath();
    context.arc(px(modes[2 * k]), py(modes[2 * k + 1]), width / 28, 0, 2 * Math.PI);
    context.stroke();
  }
  context.setLineDash([]);
  context.globalAlpha = 0.75;
  context.fillStyle = palette.real;
  context.beginPath();
  for (let s = 0; s < real.length / 2; s++)
    addMark(context, "real", px(real[2 * s]), py(real[2 * s + 1]), size);
  context.fill();

  context.globalAlpha = 1;
  context.beginPath();
  // on two lines all arrows point the same way; elsewhere they cross, so fewer are drawn
  const unruly = modes.length > 0;
  const every = unruly ? (width < 300 ? 4 : 2) : 1;
  for (let s = 0; s < points.length / 2; s += every) {
    let [dx, dy] = [arrows[2 * s] * unit, -arrows[2 * s + 1] * unit];
    const longest = width / (unruly ? 12 : 5); // one that is longer is cut off there
    const length = Math.hypot(dx, dy);
    if (length > longest) [dx, dy] = [(dx / length) * longest, (dy / length) * longest];
    addArrow(context, px(points[2 * s]), py(points[2 * s + 1]), dx, dy);
  }
  context.strokeStyle = palette.ink;
  context.lineWidth = Math.max(1, width / 420);
  context.globalAlpha = 0.65;
  context.stroke();
  context.globalAlpha = 0.9;
  context.fillStyle = palette.generated;
  context.beginPath();
  for (let s = 0; s < points.length / 2; s++)
    addMark(context, "generated", px(points[2 * s]), py(points[2 * s + 1]), size);
  context.fill();
  context.globalAlpha = 1;
}

const CORNERS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

/** Marching squares: straight pieces between the crossings on the sides of each square. */
function addContours(
  context: CanvasRenderingContext2D,
  values: Float32Array,
  thresholds: number[],
  scale: number,
  height: number,
): void {
  for (let row = 0; row < CELLS - 1; row++)
    for (let column = 0; column < CELLS - 1; column++) {
      const at = CORNERS.map(([x, y]) => values[(row + y) * CELLS + column + x]);
      const [low, high] = [Math.min(...at), Math.max(...at)];
      for (const threshold of thresholds) {
        if (threshold <= low || threshold > high) continue;
        let crossings = 0;
        for (let k = 0; k < 4; k++) {
          const next = (k + 1) % 4;
          if (at[k] < threshold === at[next] < threshold) continue;
          const share = (threshold - at[k]) / (at[next] - at[k]);
          const [x, y] = [0, 1].map(
            (axis) => CORNERS[k][axis] + share * (CORNERS[next][axis] - CORNERS[k][axis]),
          );
          const [px, py] = [(column + x + 0.5) * scale, height - (row + y + 0.5) * scale];
          if (crossings++ % 2) context.lineTo(px, py);
          else context.moveTo(px, py);
        }
      }
    }
}

/** Bluish where the adversary takes a point for real, orange where for generated. */
function paintTile(landscape: Float32Array, low: number, span: number): void {
  const { realRgb, generatedRgb, backgroundRgb } = colours();
  const context = tile.getContext("2d")!;
  const image = context.createImageData(CELLS, CELLS);
  for (let row = 0; row < CELLS; row++)
    for (let column = 0; column < CELLS; column++) {
      const share = (landscape[row * CELLS + column] - low) / span; // 0 to 1
      const side = share >= 0.5 ? realRgb : generatedRgb;
      const strength = Math.abs(share - 0.5) * 0.84;
      const at = 4 * ((CELLS - 1 - row) * CELLS + column);
      for (let k = 0; k < 3; k++)
        image.data[at + k] = backgroundRgb[k] + (side[k] - backgroundRgb[k]) * strength;
      image.data[at + 3] = 255;
    }
  context.putImageData(image, 0, 0);
}
