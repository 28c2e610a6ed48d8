/** Example 1 of the paper: two parallel lines, θ apart. */

import { jsDivergence, klDivergence, totalVariation } from "../../engine/distances";
import { earthMoverOfPoints } from "../../engine/transport";
import type { SceneContext } from "../../scene";
import { colours, Drawing } from "../../ui/canvas";
import { drawChart, type Line } from "../../ui/chart";
import { slider } from "../../ui/controls";
import { formatNumber, h, type LiveText, type Translate } from "../../ui/dom";
import { addArrow, addMark } from "../../ui/marks";
import { type Measured, Meters } from "./meters";
import { type DistancesSchema, type Settings, schema } from "./settings";
import type { strings } from "./strings";

type T = Translate<keyof (typeof strings)["en"]>;

const POINTS = 15; // of a line
const SNAP = 0.06; // to θ = 0, so that a finger finds it
const SLOPE_STEP = 1e-3;

/** All measures of two lines of evenly weighted points, at 0 and at θ. */
export function measureLines(theta: number): Measured {
  const ones = new Array(POINTS).fill(1);
  const zeros = new Array(POINTS).fill(0);
  const apart = theta !== 0; // then no point of one is a point of the other
  const [p, q] = apart
    ? [
        [...ones, ...zeros],
        [...zeros, ...ones],
      ]
    : [ones, ones];
  const at = (x: number) =>
    Float64Array.from({ length: 2 * POINTS }, (_, i) => (i % 2 ? (i - 1) / 2 / (POINTS - 1) : x));
  return {
    kl: klDivergence(p, q),
    klBack: klDivergence(q, p),
    js: jsDivergence(p, q),
    tv: totalVariation(p, q),
    em: earthMoverOfPoints(at(0), at(theta), POINTS),
  };
}

/** The slope of a measure by θ: a central difference. */
export function slopeAt(key: keyof Measured, theta: number): number {
  const [after, before] = [theta + SLOPE_STEP, theta - SLOPE_STEP].map((x) => measureLines(x)[key]);
  return (after - before) / (2 * SLOPE_STEP);
}

export function mountLines(store: SceneContext<DistancesSchema>["store"], t: T) {
  const { min, max } = schema.theta;
  const curveAt = Array.from({ length: 81 }, (_, i) => min + ((max - min) * i) / 80);
  const curve = (key: "em" | "js" | "tv") =>
    curveAt.map((x) => ({ x, y: Math.abs(x) < 1e-9 ? Number.NaN : measureLines(x)[key] }));
  const curves = { em: curve("em"), js: curve("js"), tv: curve("tv") };
  const theta = () => (Math.abs(store.get("theta")) < 1e-6 ? 0 : store.get("theta"));

  // === The two lines ===

  const canvas = h("canvas.lines", { role: "img" });
  const range = 2.25; // of x, to either side
  const drawing = new Drawing(canvas, ({ context, width, height }) => {
    const palette = colours();
    const x = (value: number) => ((value / range + 1) / 2) * width;
    const [top, bottom] = [16, height - 30];
    const y = (i: number) => bottom - (i / (POINTS - 1)) * (bottom - top);
    context.strokeStyle = palette.line;
    context.fillStyle = palette.muted;
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "center";
    for (const tick of [-2, -1, 0, 1, 2]) {
      context.beginPath();
      context.moveTo(x(tick), top - 6);
      context.lineTo(x(tick), bottom + 6);
      context.stroke();
      context.fillText(formatNumber(tick, 0), x(tick), height - 8);
    }
    const at = x(theta());
    context.strokeStyle = palette.ink;
    context.globalAlpha = 0.55;
    context.lineWidth = 1.5;
    context.beginPath();
    for (let i = 0; i < POINTS; i++) {
      const gap = Math.sign(x(0) - at) * 7;
      if (Math.abs(x(0) - at) > 22) addArrow(context, at + gap, y(i), x(0) - at - 2 * gap, 0);
    }
    context.stroke();
    context.globalAlpha = 1;
    for (const mark of ["real", "generated"] as const) {
      context.beginPath();
      for (let i = 0; i < POINTS; i++) addMark(context, mark, mark === "real" ? x(0) : at, y(i), 5);
      context.fillStyle = palette[mark];
      context.fill();
    }
  });
  let pointer = -1;
  const drag = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    const place = (2 * ((event.clientX - box.left) / box.width) - 1) * range;
    store.set({ theta: Math.abs(place) < SNAP ? 0 : Number(place.toFixed(3)) });
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    drag(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId === pointer) drag(event);
  });
  const end = (event: PointerEvent) => {
    if (event.pointerId === pointer) pointer = -1;
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);

  // === Charts ===

  const here = (low: number, high: number): Line => ({
    points: [
      { x: theta(), y: low },
      { x: theta(), y: high },
    ],
    colour: "generated",
    width: 1.5,
  });
  const chart = (title: Parameters<T>[0], lines: () => Line[], include: number[]) => {
    const on = h("canvas.chart", { role: "img", "aria-label": t(title) });
    const graph = new Drawing(on, (target) =>
      drawChart(target, { lines: lines(), include, xRange: [min, max] }),
    );
    return { graph, element: h("figure", {}, h("figcaption", {}, t(title)), on) };
  };
  const flat = curveAt.map((x) => ({ x, y: x === 0 ? Number.NaN : 0 }));
  const values = chart(
    "chartLines",
    () => [
      here(0, 2),
      { points: curves.tv, colour: "muted", dash: [1, 4] },
      { points: curves.js, colour: "ink", dash: [5, 4] },
      { points: curves.em, colour: "accent" },
    ],
    [0, 2],
  );
  const slopes = chart(
    "chartSlopes",
    () => [
      here(-1.2, 1.2),
      { points: flat, colour: "ink", dash: [5, 4] },
      {
        points: curveAt.map((x) => ({ x, y: Math.abs(x) < 1e-9 ? Number.NaN : Math.sign(x) })),
        colour: "accent",
      },
    ],
    [-1.2, 1.2],
  );

  // === Numbers ===

  const note = (key: keyof Measured, measured: Measured): LiveText => {
    if (theta() === 0) return t("slopeZero");
    if (!Number.isFinite(measured[key])) return t("slopeNone");
    const value = slopeAt(key, theta());
    return t("slope", { value: (value > 0.5 ? "+" : "") + formatNumber(value, 0) });
  };
  const meters = new Meters(t, max, "linesEarthMoverHelp", note);
  const element = h(
    "div.view.lines-view",
    {},
    h(
      "section.panel.stack",
      {},
      h("h2", {}, t("linesTitle")),
      canvas,
      slider(store, "theta", { label: t("theta"), help: t("linesHint") }, (v) =>
        formatNumber(v, 2),
      ),
    ),
    h("section.panel", {}, meters.element),
    h(
      "section.panel.charts",
      {},
      values.element,
      slopes.element,
      h(
        "p.legend",
        {},
        h("span.swatch.solid", {}, t("legendEm")),
        h("span.swatch.dashed", {}, t("legendJs")),
        h("span.swatch.tv", {}, t("legendTv")),
      ),
      h("p.help", {}, t("klNote")),
    ),
  );

  function show(): void {
    const measured = measureLines(theta());
    meters.show(measured);
    canvas.setAttribute(
      "aria-label",
      t("linesName", {
        theta: formatNumber(theta(), 2),
        js: formatNumber(measured.js),
        em: formatNumber(measured.em),
      })(),
    );
    for (const one of [drawing, values.graph, slopes.graph]) one.request();
  }

  return {
    element,
    keys: ["theta"] as (keyof Settings)[],
    show,
    redraw: show,
    dispose() {
      meters.dispose();
      for (const one of [drawing, values.graph, slopes.graph]) one.dispose();
    },
  };
}
