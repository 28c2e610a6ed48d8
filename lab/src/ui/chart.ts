/** A small line chart: a title above it, a legend in its words, told apart by dash as well. */

import { colours, type Drawing, type Palette } from "./canvas";
import { formatNumber } from "./dom";
import { linearScale, logScale } from "./scale";

export interface Line {
  points: { x: number; y: number }[];
  colour: keyof Pick<Palette, "ink" | "muted" | "real" | "generated" | "accent">;
  dash?: number[];
  width?: number;
}

export interface ChartOptions {
  lines: Line[];
  /** Values that the axis always shows. */
  include?: number[];
  log?: boolean;
  /** Horizontal lines with a name. */
  marks?: { y: number; label: string }[];
  xRange?: [number, number];
  xLabel?: string;
  yTicks?: number;
}

const MARGIN = { left: 40, right: 10, top: 8, bottom: 22 };

/** Draws lines over axes; infinite and missing values leave a gap. */
export function drawChart({ context, width, height }: Drawing, options: ChartOptions): void {
  const palette = colours();
  const { lines, include = [], log = false, marks = [], yTicks = 3 } = options;
  const all = lines.flatMap((line) => line.points);
  const finite = all.map((p) => p.y).filter((y) => Number.isFinite(y) && (!log || y > 0));
  const values = [...finite, ...include];
  let [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
  const x0 = options.xRange?.[0] ?? Math.min(...all.map((p) => p.x), 0);
  const x1 = options.xRange?.[1] ?? Math.max(...all.map((p) => p.x), 1);
  const x = linearScale([x0, Math.max(x1, x0 + 1e-9)], [MARGIN.left, width - MARGIN.right]);
  const bottom = MARGIN.bottom + (options.xLabel ? 14 : 0);
  const range = [height - bottom, MARGIN.top] as const;
  const y = log ? logScale([low, high], range) : linearScale([low, high], range, yTicks);

  context.font = "11px system-ui, sans-serif";
  context.lineWidth = 1;
  context.strokeStyle = palette.line;
  context.fillStyle = palette.muted;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of y.ticks(yTicks)) {
    const at = Math.round(y(tick)) + 0.5;
    context.beginPath();
    context.moveTo(MARGIN.left, at);
    context.lineTo(width - MARGIN.right, at);
    context.stroke();
    context.fillText(log ? formatPower(tick) : trim(tick), MARGIN.left - 6, at);
  }
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (const tick of x.ticks(Math.max(2, Math.floor(width / 120))))
    context.fillText(compact(tick), Math.min(x(tick), width - 16), height - bottom + 16);
  if (options.xLabel) context.fillText(options.xLabel, (MARGIN.left + width) / 2, height - 4);
  for (const { y: value, label } of marks) {
    const at = Math.round(y(value)) + 0.5;
    context.strokeStyle = palette.muted;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(MARGIN.left, at);
    context.lineTo(width - MARGIN.right, at);
    context.stroke();
    context.setLineDash([]);
    context.textAlign = "left";
    context.fillText(label, MARGIN.left + 4, at < MARGIN.top + 14 ? at + 12 : at - 4);
  }
  context.lineJoin = "round";
  for (const line of lines) {
    context.strokeStyle = palette[line.colour];
    context.lineWidth = line.width ?? 2;
    context.setLineDash(line.dash ?? []);
    context.beginPath();
    let drawing = false;
    for (const point of line.points) {
      if (!Number.isFinite(point.y) || (log && point.y <= 0)) {
        drawing = false;
        continue;
      }
      if (drawing) context.lineTo(x(point.x), y(point.y));
      else context.moveTo(x(point.x), y(point.y));
      drawing = true;
    }
    context.stroke();
    context.setLineDash([]);
  }
}

function trim(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-3) return formatNumber(value);
  return String(Number(value.toPrecision(4))).replace("-", "−");
}

function compact(value: number): string {
  return value >= 10000 ? `${value / 1000}k` : trim(value);
}

function formatPower(value: number): string {
  const exponent = Math.round(Math.log10(value));
  if (exponent >= -2 && exponent <= 3) return trim(value);
  return `10${[...String(exponent)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[+c])).join("")}`;
}

/** Keeps a history of bounded length: when it is full, every second sample goes. */
export class History<T> {
  items: T[] = [];

  constructor(private readonly limit = 400) {}

  push(item: T): void {
    this.items.push(item);
    if (this.items.length > this.limit)
      this.items = this.items.filter((_, index) => index % 2 === 0 || index === this.limit);
  }

  clear(): void {
    this.items = [];
  }
}
