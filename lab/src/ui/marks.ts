/** Points in the plane: real ones are discs, generated ones triangles. */

export type Mark = "real" | "generated";

/** Draws one mark; the caller sets the fill. */
export function addMark(
  context: CanvasRenderingContext2D,
  mark: Mark,
  x: number,
  y: number,
  size: number,
): void {
  if (mark === "real") {
    context.moveTo(x + size, y);
    context.arc(x, y, size, 0, 2 * Math.PI);
    return;
  }
  const side = size * 1.35;
  context.moveTo(x, y - side);
  context.lineTo(x + side, y + side * 0.8);
  context.lineTo(x - side, y + side * 0.8);
  context.closePath();
}

/** An arrow from a point by (dx, dy) in pixels; nothing where it would be shorter than one. */
export function addArrow(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  dx: number,
  dy: number,
): void {
  const length = Math.hypot(dx, dy);
  if (length < 1) return;
  const head = Math.min(6, 1.5 + length * 0.35);
  const [ux, uy] = [dx / length, dy / length];
  const [ex, ey] = [x + dx, y + dy];
  context.moveTo(x, y);
  context.lineTo(ex, ey);
  context.moveTo(ex - head * (ux + 0.5 * uy), ey - head * (uy - 0.5 * ux));
  context.lineTo(ex, ey);
  context.lineTo(ex - head * (ux - 0.5 * uy), ey - head * (uy + 0.5 * ux));
}
