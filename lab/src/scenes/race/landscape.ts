/** Draws one game: what its adversary thinks of each place, the points, and their arrows. */

import { contours } from "d3-contour";
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
  const scale = width / CELLS;
  const values = landscape as unknown as number[];
  for (const contour of contours().size([CELLS, CELLS]).thresholds(thresholds)(values))
    for (const polygon of contour.coordinates)
      for (const ring of polygon)
        ring.forEach(([x, y], index) => {
          const [px, py] = [x * scale, height - y * scale];
          // the rings close along the border of the picture: no contour is there
          const [bx, by] = ring[Math.max(0, index - 1)];
          const border = (u: number) => u <= 0 || u >= CELLS;
          if (index === 0 || (border(x) && border(bx)) || (border(y) && border(by)))
            context.moveTo(px, py);
          else context.lineTo(px, py);
        });
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
  for (let s = 0; s < points.length / 2; s++) {
    let [dx, dy] = [arrows[2 * s] * unit, -arrows[2 * s + 1] * unit];
    const longest = width / 5; // one that is longer is cut off there
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
