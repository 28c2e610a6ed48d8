/** Scene 3, what c does: slope and gradients of a clipped critic, by c and by depth. */

import "./clipping.css";
import type { Scene, SceneContext, SceneView } from "../../scene";
import { colours, Drawing } from "../../ui/canvas";
import { slider, toggle } from "../../ui/controls";
import { formatNumber, h, type LiveText, translator } from "../../ui/dom";
import { addMark } from "../../ui/marks";
import { linearScale, logScale, type Scale } from "../../ui/scale";
import type { Frame, ToSession } from "./session";
import { allowedSlope, type ClippingSchema, EXTENT, PLACES, schema } from "./settings";
import { strings } from "./strings";

const t = translator(strings);
const SWEEP = 12; // seconds for c to go and come back
const SWEPT = [0.02, 0.4]; // between these
const TRAIL = 240; // dots of where it has been
const PRE_RUN = 200; // steps to begin with, where motion is not wanted
const USABLE = [0.03, 30]; // slopes between these are said to be usable
const SLOPES = [1e-8, 1e8] as const; // shown against c
const FONT = "11px system-ui, sans-serif";
const MARGIN = { left: 46, right: 12, top: 10, bottom: 24 };

function mount({ store, worker, reducedMotion }: SceneContext<ClippingSchema>): SceneView {
  let frame: Frame | null = null;
  let heaps: Frame["heaps"];
  let trail: { clip: number; slope: number }[] = [];
  const send = (message: ToSession) => worker.send(message);

  // === Pictures ===

  const curveCanvas = h("canvas.tall", { role: "img" });
  const layersCanvas = h("canvas", { role: "img" });
  const windowCanvas = h("canvas", { role: "img" });

  const curve = new Drawing(curveCanvas, ({ context, width, height }) => {
    if (!frame || !heaps) return;
    const palette = colours();
    const strip = Math.min(96, height / 3.4); // for the heaps
    const { scores, steepest } = frame;
    const middle = scores[(PLACES - 1) / 2];
    const low = Math.min(...scores);
    const high = Math.max(...scores);
    const span = high - low || 1e-300;
    const x = linearScale([-EXTENT, EXTENT], [MARGIN.left, width - MARGIN.right]);
    const y = linearScale(
      [low - span * 0.05, high + span * 0.05],
      [height - strip - MARGIN.bottom, MARGIN.top],
    );
    context.font = FONT;
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.lineWidth = 1;
    for (const tick of high > low ? y.ticks(4) : [0]) {
      context.strokeStyle = palette.line;
      line(context, MARGIN.left, y(tick), width - MARGIN.right, y(tick));
      context.fillStyle = palette.muted;
      context.fillText(axisNumber(tick), MARGIN.left - 6, y(tick));
    }
    context.textAlign = "center";
    for (const tick of [-2, -1, 0, 1, 2])
      context.fillText(String(tick).replace("-", "−"), Math.min(x(tick), width - 14), height - 8);

    context.save();
    context.beginPath();
    context.rect(MARGIN.left, 0, width, height - strip - MARGIN.bottom + 4);
    context.clip();
    context.strokeStyle = palette.muted;
    context.setLineDash([5, 5]);
    const sign = scores[PLACES - 1] >= scores[0] ? 1 : -1;
    line(
      context,
      x(-EXTENT),
      y(middle - sign * steepest * EXTENT),
      x(EXTENT),
      y(middle + sign * steepest * EXTENT),
    );
    context.setLineDash([]);
    context.restore();

    context.strokeStyle = palette.accent;
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.beginPath();
    scores.forEach((score, i) => {
      context.lineTo(x(((2 * i) / (PLACES - 1) - 1) * EXTENT), y(score));
    });
    context.stroke();

    const base = height - MARGIN.bottom - 8;
    for (const [mark, points] of [
      ["generated", heaps.generated],
      ["real", heaps.real],
    ] as const) {
      const stacks = new Map<number, number>();
      context.fillStyle = palette[mark];
      context.globalAlpha = 0.85;
      context.beginPath();
      const size = Math.max(1.6, Math.min(3, width / 240));
      for (const point of points.filter((_, i) => i % 2 === 0)) {
        const column = Math.round(x(point) / (2.4 * size));
        const above = stacks.get(column) ?? 0;
        stacks.set(column, above + 1);
        if (above * 2.2 * size < strip - 8)
          addMark(context, mark, column * 2.4 * size, base - above * 2.2 * size, size);
      }
      context.fill();
      context.globalAlpha = 1;
    }
  });

  const layers = new Drawing(layersCanvas, ({ context, width, height }) => {
    if (!frame) return;
    const palette = colours();
    const values = frame.gradients.map((value) => Math.max(value, 1e-30));
    const low = Math.min(1e-3, ...values) / 3;
    const high = Math.max(10, ...values) * 2;
    const y = logScale([low, high], [height - MARGIN.bottom, MARGIN.top]);
    const step = (width - MARGIN.left - MARGIN.right) / values.length;
    decades(context, y, width);
    const one = Math.min(height - MARGIN.bottom, y(1));
    values.forEach((value, index) => {
      const left = MARGIN.left + (index + 0.18) * step;
      context.fillStyle = index === 0 ? palette.accent : palette.muted;
      context.globalAlpha = index === 0 ? 1 : 0.55;
      context.fillRect(
        left,
        Math.min(y(value), one),
        0.64 * step,
        Math.max(1, Math.abs(y(value) - one)),
      );
      context.globalAlpha = 1;
      context.fillStyle = palette.muted;
      context.textAlign = "center";
      if (step > 14 || index % 2 === 0)
        context.fillText(
          index === 0 ? t("input")() : String(index),
          left + 0.32 * step,
          height - 9,
        );
    });
  });

  const window = new Drawing(windowCanvas, ({ context, width, height }) => {
    if (!frame) return;
    const palette = colours();
    const [width_, depth] = [store.get("width"), store.get("depth")];
    const { min, max } = schema.clip;
    const x = logScale([min, max], [MARGIN.left, width - MARGIN.right]);
    const y = logScale(SLOPES, [height - MARGIN.bottom, MARGIN.top]);
    decades(context, y, width);
    context.fillStyle = palette.muted;
    context.textAlign = "center";
    for (const tick of [0.001, 0.01, 0.1, 1, 10])
      context.fillText(String(tick), Math.min(x(tick), width - 14), height - 9);
    // the slopes that a generator could use
    context.fillStyle = palette.accent;
    context.globalAlpha = 0.12;
    context.fillRect(
      MARGIN.left,
      y(USABLE[1]),
      width - MARGIN.left - MARGIN.right,
      y(USABLE[0]) - y(USABLE[1]),
    );
    context.globalAlpha = 1;
    context.strokeStyle = palette.ink;
    context.lineWidth = 1.5;
    context.beginPath();
    for (let i = 0; i <= 60; i++) {
      const clip = min * (max / min) ** (i / 60);
      const allowed = allowedSlope(clip, width_, depth);
      if (allowed >= SLOPES[0] && allowed <= SLOPES[1]) context.lineTo(x(clip), y(allowed));
    }
    context.stroke();
    context.fillStyle = palette.accent;
    for (const { clip, slope } of trail) {
      if (slope < SLOPES[0] || slope > SLOPES[1]) continue;
      context.globalAlpha = 0.3;
      context.beginPath();
      context.arc(x(clip), y(Math.max(slope, 1e-30)), 2, 0, 2 * Math.PI);
      context.fill();
    }
    context.globalAlpha = 1;
    context.beginPath();
    const slope = Math.max(frame.steepest, 1e-30);
    addMark(context, "generated", x(frame.clip), y(slope), 6);
    if (slope >= SLOPES[0] && slope <= SLOPES[1]) {
      context.fill();
      context.strokeStyle = palette.background;
      context.stroke();
      return;
    }
    // beyond the scale: hollow, and said
    context.strokeStyle = palette.accent;
    context.lineWidth = 2;
    context.stroke();
    const rightHalf = x(frame.clip) > width / 2;
    context.textAlign = rightHalf ? "right" : "left";
    context.fillText(
      t(slope < 1 ? "below" : "above")(),
      x(frame.clip) + (rightHalf ? -13 : 13),
      y(slope) + (slope < 1 ? -4 : 6),
    );
  });
  const drawings = [curve, layers, window];

  // === Numbers ===

  const verdict = h("p.verdict", { role: "status" });
  const cells: { node: Text; text: () => string }[] = [];
  const row = (key: Parameters<typeof t>[0], of: (frame: Frame) => string) => {
    const node = document.createTextNode("–");
    cells.push({ node, text: () => (frame ? of(frame) : "–") });
    return h("tr", { "data-measure": key }, h("th", { scope: "row" }, t(key)), h("td", {}, node));
  };
  const allowedNow = () =>
    allowedSlope(frame?.clip ?? store.get("clip"), store.get("width"), store.get("depth"));
  const table = h(
    "table.measures",
    {},
    h("caption.visually-hidden", {}, t("numbers")),
    h(
      "tbody",
      {},
      row("kAllowed", () => formatNumber(allowedNow())),
      row("kSeen", (f) => formatNumber(f.steepest)),
      row("estimate", (f) => formatNumber(f.estimate)),
      row("scaled", (f) => formatNumber(f.estimate / f.steepest)),
      row("earthMover", (f) => formatNumber(f.earthMover)),
      row("atBound", (f) => `${Math.round(100 * f.atBound)}%`),
      row("step", (f) => String(f.step)),
    ),
  );

  let nextWords = 0;
  let wordsTimer: ReturnType<typeof setTimeout> | undefined;
  /** At most every 150 ms, so that numbers can be read; the last ones are always shown. */
  function showNumbers(now = true): void {
    const wait = nextWords - performance.now();
    if (!now && wait > 0) {
      wordsTimer ??= setTimeout(showNumbers, wait);
      return;
    }
    clearTimeout(wordsTimer);
    wordsTimer = undefined;
    nextWords = performance.now() + 150;
    for (const { node, text } of cells) {
      const next = text();
      if (node.data !== next) node.data = next;
    }
    play.textContent = (store.get("play") ? t("pause") : t("play"))();
    if (!frame) return;
    const { steepest } = frame;
    const said = steepest < USABLE[0] ? "vanished" : steepest > USABLE[1] ? "exploded" : "usable";
    if (verdict.dataset.verdict !== said || now) verdict.textContent = t(said)();
    verdict.dataset.verdict = said;
    const slope = formatNumber(steepest);
    curveCanvas.setAttribute("aria-label", t("curveName", { slope })());
    const values = frame.gradients.map((value) => formatNumber(value)).join(", ");
    layersCanvas.setAttribute("aria-label", t("layersName", { values })());
    const clip = formatNumber(frame.clip);
    const allowed = formatNumber(allowedNow());
    windowCanvas.setAttribute("aria-label", t("windowName", { clip, slope, allowed })());
  }

  // === Session ===

  const play = h("button.button.primary", {
    type: "button",
    "data-action": "play",
    onclick: () => store.set({ play: !store.get("play") }),
  });
  const begin = () => {
    trail = [];
    send({ type: "settings", settings: store.values, restart: true });
  };
  let acknowledgement = 0;
  worker.receive = (message: Frame) => {
    frame = message;
    if (frame.heaps) heaps = frame.heaps;
    const last = trail.at(-1);
    if (!last || Math.abs(Math.log(last.clip / frame.clip)) > 0.02) {
      trail.push({ clip: frame.clip, slope: frame.steepest });
      if (trail.length > TRAIL) trail.shift();
    } else last.slope = frame.steepest;
    showNumbers(false);
    for (const drawing of drawings) drawing.request();
    acknowledgement = requestAnimationFrame(() => send({ type: "drawn" }));
  };

  const stopListening = store.listen((changed) => {
    const restart = changed.some((key) => ["depth", "width", "seed"].includes(key));
    if (restart) begin();
    else send({ type: "settings", settings: store.values, restart: false });
    showNumbers();
  });

  let sweepTimer = 0;
  let phase = 0.5; // of the way there and back; half way up is the initial c
  const sweepStep = () => {
    if (store.get("sweep") && store.get("play")) {
      phase += 0.05 / SWEEP;
      const share = (1 - Math.cos(2 * Math.PI * (phase - 0.25))) / 2;
      store.set({ clip: Number((SWEPT[0] * (SWEPT[1] / SWEPT[0]) ** share).toPrecision(3)) });
    }
  };

  const stopSweep = ({ target }: Event) => {
    if ((target as HTMLInputElement).type === "range") store.set({ sweep: false });
  };
  const clip = h(
    "div.panel.clip",
    { oninput: stopSweep, onpointerdown: stopSweep as EventListener },
    slider(store, "clip", { label: t("clip") }, (v) => formatNumber(v, v < 0.1 ? 4 : 2)),
  );
  const controls = h(
    "div.panel.stack",
    { oninput: stopSweep, onpointerdown: stopSweep as EventListener },
    slider(store, "depth", { label: t("depth") }, (v) => String(v)),
    slider(store, "width", { label: t("width") }, (v) => String(v)),
    toggle(store, "sweep", { label: t("sweep"), help: t("sweepHelp") }),
    slider(store, "seed", { label: t("seed") }, (v) => String(v)),
    h(
      "div.buttons",
      {},
      play,
      h(
        "button.button",
        { type: "button", "data-action": "restart", onclick: begin },
        t("restart"),
      ),
    ),
  );
  const figure = (
    title: LiveText,
    canvas: HTMLCanvasElement,
    help: LiveText,
    ...legend: HTMLElement[]
  ) =>
    h(
      "figure.panel",
      {},
      h("h2", {}, title),
      canvas,
      h("p.legend", {}, ...legend),
      h("p.help", {}, help),
    );
  const element = h(
    "div.clipping",
    {},
    h(
      "div.stage",
      {},
      figure(
        t("curve"),
        curveCanvas,
        t("curveHelp"),
        h("span.key.real", {}, "● ", t("real")),
        h("span.key.generated", {}, "▲ ", t("generated")),
        h("span.swatch.thin", {}, t("straight")),
      ),
      clip,
      h(
        "div.pair",
        {},
        figure(t("layers"), layersCanvas, t("layersHelp")),
        figure(
          t("window"),
          windowCanvas,
          t("windowHelp"),
          h("span.swatch.ink", {}, t("allowed")),
          h("span.key.accent", {}, "▲ ", t("seen")),
          h("span.swatch.band", {}, t("good")),
        ),
      ),
    ),
    h("div.side", {}, controls, h("div.panel", {}, verdict, table)),
  );

  if (reducedMotion) store.set({ play: false, sweep: false });
  begin();
  if (reducedMotion) send({ type: "train", steps: PRE_RUN });
  sweepTimer = setInterval(sweepStep, 50) as unknown as number;
  showNumbers();

  return {
    element,
    restart: begin,
    redraw() {
      showNumbers();
      for (const drawing of drawings) drawing.request();
    },
    dispose() {
      clearInterval(sweepTimer);
      clearTimeout(wordsTimer);
      cancelAnimationFrame(acknowledgement);
      stopListening();
      for (const drawing of drawings) drawing.dispose();
    },
  };
}

function line(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/** Grid lines at powers of ten, thinned out where there are many; 1 is always one of them. */
function decades(context: CanvasRenderingContext2D, y: Scale, width: number): void {
  const palette = colours();
  context.font = FONT;
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.lineWidth = 1;
  for (const tick of y.ticks(6)) {
    const at = Math.round(y(tick)) + 0.5;
    context.strokeStyle = tick === 1 ? palette.muted : palette.line;
    line(context, MARGIN.left, at, width - MARGIN.right, at);
    context.fillStyle = palette.muted;
    context.fillText(axisNumber(tick), MARGIN.left - 6, at);
  }
}

/** Short enough for an axis: powers of ten where a number is far from 1. */
function axisNumber(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 0.01 && size < 1000) return String(Number(value.toPrecision(2))).replace("-", "−");
  const exponent = Math.floor(Math.log10(size) + 1e-9);
  const digit = Math.round(size / 10 ** exponent);
  const power = [...String(exponent)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[+c])).join("");
  return `${value < 0 ? "−" : ""}${digit === 1 ? "" : `${digit}·`}10${power}`;
}

export const clipping: Scene<ClippingSchema> = {
  name: "clipping",
  schema,
  strings,
  trials: [
    { key: "trial1", set: { clip: 0.01, depth: 8, sweep: false } },
    { key: "trial2", set: { clip: 1, depth: 8, sweep: false } },
    { key: "trial3", set: { depth: 1 } },
  ],
  mount,
};
