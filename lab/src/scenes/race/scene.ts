/** Scene 1, the race: a GAN and a WGAN side by side. */

import "./race.css";
import type { Scene, SceneContext, SceneView } from "../../scene";
import { colours, Drawing } from "../../ui/canvas";
import { drawChart, History, type Line } from "../../ui/chart";
import { choices, slider, toggle } from "../../ui/controls";
import { formatNumber, h, type LiveText, translator } from "../../ui/dom";
import { addMark } from "../../ui/marks";
import { drawLandscape } from "./landscape";
import type { Measures } from "./race";
import type { Frame, Sample, ToSession } from "./session";
import { decodePoints, EXTENT, encodePoints, type RaceSchema, RESTARTS, schema } from "./settings";
import { strings } from "./strings";

const t = translator(strings);
const KINDS = ["gan", "wgan"] as const;
const PRE_RUN = 150; // steps to begin with, where motion is not wanted
const DRAWN_GAP = 0.04; // between drawn points
const DRAWN_POINTS = 200;
const ARROW = 0.12; // how long the reference arrow is drawn, as a share of the picture

function mount({ store, worker, reducedMotion }: SceneContext<RaceSchema>): SceneView {
  let frame: Frame | null = null;
  let sample: Sample | null = null;
  let real = new Float32Array(0);
  let modes = new Float32Array(0);
  let raceShown = 0;
  const history = new History<Sample>();
  const reference = [0, 0]; // the longest median arrow since the race or the loss began
  const send = (message: ToSession) => worker.send(message);

  // === The two pictures ===

  const canvases = KINDS.map(() => h("canvas.landscape", { role: "img" }));
  const drawings = KINDS.map(
    (kind, index) =>
      new Drawing(canvases[index], (drawing) => {
        if (!frame) return;
        if (empty()) {
          drawSketch(drawing);
          return;
        }
        const unit = reference[index] ? (ARROW * drawing.width) / reference[index] : 0;
        drawLandscape(drawing, frame.pictures[index], kind, real, modes, unit);
        if (sketch.length) drawSketch(drawing);
      }),
  );
  const arrowScales = KINDS.map(() => h("span", {}));

  // === Drawing one's own data ===

  let sketch: number[] = [];
  const empty = () => store.get("data") === "drawn" && store.get("drawn") === "";
  const hints = canvases.map(() => h("p.draw-hint", { "aria-hidden": true }, t("drawHere")));
  function drawSketch({ context, width, height }: Drawing): void {
    context.fillStyle = colours().real;
    context.beginPath();
    for (let i = 0; i < sketch.length; i += 2)
      addMark(
        context,
        "real",
        ((sketch[i] / EXTENT + 1) / 2) * width,
        (1 - (sketch[i + 1] / EXTENT + 1) / 2) * height,
        3,
      );
    context.fill();
  }
  canvases.forEach((canvas, index) => {
    let drawingId = -1;
    let last: [number, number] | null = null; // of this stroke
    const add = (event: PointerEvent) => {
      const box = canvas.getBoundingClientRect();
      const events = event.getCoalescedEvents?.() ?? [];
      for (const { clientX, clientY } of events.length ? events : [event]) {
        const x = (2 * ((clientX - box.left) / box.width) - 1) * EXTENT;
        const y = (1 - 2 * ((clientY - box.top) / box.height)) * EXTENT;
        const [fromX, fromY] = last ?? [x, y];
        const steps = last ? Math.floor(Math.hypot(x - fromX, y - fromY) / DRAWN_GAP) : 1;
        for (let i = 1; i <= steps && sketch.length < 2 * DRAWN_POINTS; i++)
          sketch.push(fromX + ((x - fromX) * i) / steps, fromY + ((y - fromY) * i) / steps);
        if (steps) last = [x, y];
      }
      drawings[index].request();
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (store.get("data") !== "drawn") return;
      event.preventDefault();
      drawingId = event.pointerId;
      canvas.setPointerCapture(drawingId);
      sketch = [...decodePoints(store.get("drawn"))];
      last = null;
      for (const hint of hints) hint.hidden = true;
      add(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId === drawingId) add(event);
    });
    const end = (event: PointerEvent) => {
      if (event.pointerId !== drawingId) return;
      drawingId = -1;
      store.set({ drawn: encodePoints(sketch) });
      sketch = [];
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
  });

  // === The charts ===

  const charts = (
    [
      ["chartJs", "js"],
      ["chartEarthMover", "earthMover"],
      ["chartRaw", "estimate"],
    ] as const
  ).map(([title, key]) => {
    const canvas = h("canvas.chart", { role: "img", "aria-label": t(title) });
    const drawing = new Drawing(canvas, (on) => {
      const line = (index: number, of: (m: Measures) => number) =>
        history.items.map(({ step, adversarySteps, measures }) => ({
          x: store.get("still") ? adversarySteps : step,
          y: of(measures[index]),
        }));
      const lines: Line[] = [
        { points: line(1, (m) => m[key]), colour: "accent" },
        { points: line(0, (m) => m[key]), colour: "ink", dash: [5, 4] },
      ];
      if (key === "earthMover")
        lines.push({
          points: line(1, (m) => m.estimate / m.steepest),
          colour: "accent",
          dash: [1, 4],
        });
      drawChart(on, {
        lines: key === "estimate" ? lines.slice(0, 1) : lines,
        include: key === "js" ? [0, Math.LN2] : [0],
        marks: key === "js" ? [{ y: Math.LN2, label: "log 2" }] : [],
        xLabel: t(store.get("still") ? "adversarySteps" : "generatorSteps")(),
      });
    });
    const legend = h(
      "p.legend",
      {},
      h("span.swatch.solid", {}, t("chartLegendWgan")),
      key === "estimate" ? null : h("span.swatch.dashed", {}, t("chartLegendGan")),
      key === "earthMover" ? h("span.swatch.dotted", {}, t("chartLegendScaled")) : null,
    );
    return { drawing, element: h("figure", {}, h("h3", {}, t(title)), canvas, legend) };
  });
  const weightsCanvas = h("canvas.chart", { role: "img", "aria-label": t("chartWeightsFree") });
  const weights = new Drawing(weightsCanvas, ({ context, width, height }) => {
    if (!frame) return;
    const bins = frame.pictures[1].weights;
    const most = Math.max(...bins, 1);
    const [left, bottom] = [12, height - 22];
    const step = (width - 2 * left) / bins.length;
    const style = getComputedStyle(weightsCanvas);
    context.fillStyle = style.getPropertyValue("--accent");
    bins.forEach((count, index) => {
      const tall = (count / most) * (bottom - 8);
      context.fillRect(left + index * step + 0.5, bottom - tall, Math.max(1, step - 1), tall);
    });
    context.fillStyle = style.getPropertyValue("--muted");
    context.font = "11px system-ui, sans-serif";
    const bound =
      store.get("constraint") === "clip" ? "c" : formatNumber(frame.pictures[1].span, 2);
    context.textAlign = "left";
    context.fillText(`−${bound}`, left, height - 6);
    context.textAlign = "center";
    context.fillText("0", width / 2, height - 6);
    context.textAlign = "right";
    context.fillText(bound, width - left, height - 6);
  });
  const atBound = h("p.legend", {});
  const weightsTitle = h("h3", {});

  // === The table ===

  const show = (of: (m: Measures, index: number) => string): LiveText[] =>
    KINDS.map((_, index) => () => (sample ? of(sample.measures[index], index) : "–"));
  const cells: { node: Text; text: LiveText }[] = [];
  const row = (
    key: Parameters<typeof t>[0],
    of: (m: Measures, index: number) => string,
    note?: LiveText,
  ) =>
    h(
      "tr",
      { "data-measure": key },
      h("th", { scope: "row" }, t(key), note ? h("small", {}, note) : null),
      ...show(of).map((text) => {
        const node = document.createTextNode(text());
        cells.push({ node, text });
        return h("td", {}, node);
      }),
    );
  const estimateHelp = h("p.help", {});
  const table = h(
    "table.measures",
    {},
    h("caption.visually-hidden", {}, t("measure")),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td", {}),
        h("th", { scope: "col" }, t("gan")),
        h("th", { scope: "col" }, t("wgan")),
      ),
    ),
    h(
      "tbody",
      {},
      row("js", (m) => formatNumber(m.js), t("jsMost")),
      row("kl", (m) => formatNumber(m.kl)),
      row("earthMover", (m) => formatNumber(m.earthMover)),
      row("estimate", (m, index) =>
        index === 0
          ? t("estimateGan", { value: formatNumber(Math.max(0, m.estimate)) })()
          : t("estimateWgan", {
              raw: formatNumber(m.estimate),
              scaled: formatNumber(m.estimate / m.steepest),
            })(),
      ),
      row("arrowLength", (m) => formatNumber(m.arrow)),
      row("judged", (m) => `${formatNumber(m.onReal)} / ${formatNumber(m.onGenerated)}`),
      row("covered", (m) => (m.modes ? t("of", { covered: m.covered, modes: m.modes })() : "–")),
    ),
  );

  const stat = (key: "statEarthMover" | "statJs", index: number, of: (m: Measures) => string) => {
    const node = document.createTextNode("–");
    cells.push({ node, text: () => (sample ? of(sample.measures[index]) : "–") });
    return h("div", { "data-stat": key }, h("dt", {}, t(key)), h("dd", {}, node));
  };

  // === Play ===

  const play = h("button.button.primary", {
    type: "button",
    "data-action": "play",
    onclick: () => store.set({ play: !store.get("play") }),
  });
  const stepButton = h(
    "button.button",
    {
      type: "button",
      "data-action": "step",
      onclick: () => {
        store.set({ play: false });
        if (!empty()) send({ type: "advance", steps: 1 });
      },
    },
    t("stepOnce"),
  );
  const restart = h(
    "button.button",
    { type: "button", "data-action": "restart", onclick: () => begin() },
    t("restart"),
  );
  const counter = h("p.counter", { "data-value": "step" });
  const speedText = (value: number) =>
    value >= schema.speed.max
      ? t("speedMost")()
      : t("speedValue", { value: formatNumber(Math.round(value), 0) })();

  function showWords(): void {
    play.textContent = (store.get("play") ? t("pause") : t("play"))();
    const steps = frame ? frame.step : 0;
    const parts = [t("stepCount", { step: steps })()];
    if (store.get("still")) parts.push(t("adversaryCount", { step: frame?.adversarySteps ?? 0 })());
    if (frame && store.get("play") && Number.isFinite(frame.stepsPerSecond))
      parts.push(t("rate", { value: Math.round(frame.stepsPerSecond) })());
    counter.textContent = parts.join(" · ");
    counter.dataset.step = String(steps);
  }

  function showSample(): void {
    for (const { node, text } of cells) {
      const next = text();
      if (node.data !== next) node.data = next;
    }
    if (!sample) return;
    estimateHelp.textContent = t("estimateHelp", {
      k: formatNumber(sample.measures[1].steepest),
    })();
    atBound.textContent = t("atBound", {
      value: `${Math.round(100 * sample.measures[1].atBound)}%`,
    })();
    KINDS.forEach((kind, index) => {
      const m = sample!.measures[index];
      arrowScales[index].textContent = t("arrowScale", { value: formatNumber(reference[index]) })();
      canvases[index].setAttribute(
        "aria-label",
        t("pictureName", {
          kind: t(kind),
          step: sample!.step,
          distance: formatNumber(m.earthMover),
          js: formatNumber(m.js),
        })(),
      );
    });
  }

  // === The session ===

  function begin(): void {
    history.clear();
    sendSettings(true);
  }
  function sendSettings(restart: boolean): void {
    const settings = { ...store.values, play: store.get("play") && !empty() };
    send({ type: "settings", settings, restart });
  }

  worker.receive = (message: Frame) => {
    frame = message;
    if (frame.race !== raceShown) {
      raceShown = frame.race;
      history.clear();
      reference.fill(0);
    }
    if (frame.real) real = new Float32Array(frame.real);
    if (frame.modes) modes = new Float32Array(frame.modes);
    if (empty()) {
      sample = null;
      showSample();
    } else if (frame.sample) {
      sample = frame.sample;
      const last = history.items.at(-1);
      if (!last || last.adversarySteps !== sample.adversarySteps) history.push(sample);
      sample.measures.forEach((m, index) => {
        if (Number.isFinite(m.arrow)) reference[index] = Math.max(reference[index], m.arrow);
      });
      showSample();
    }
    for (const chart of charts) chart.drawing.request();
    showWords();
    for (const drawing of [...drawings, weights]) drawing.request();
    acknowledgement = requestAnimationFrame(() => send({ type: "drawn" }));
  };
  let acknowledgement = 0;

  const stopListening = store.listen((changed) => {
    const restarts = changed.some((key) => (RESTARTS as readonly string[]).includes(key));
    if (changed.some((key) => ["gan_loss", "constraint", "clip"].includes(key))) reference.fill(0);
    if (restarts) begin();
    else sendSettings(false);
    showConditions();
    showWords();
  });

  // === Controls ===

  const number = (value: number) => formatNumber(value, value < 0.1 ? 4 : 2);
  const clip = slider(store, "clip", { label: t("clipValue") }, number);
  const beta1 = slider(store, "beta1", { label: t("beta1") }, (v) => formatNumber(v, 2));
  const drawTools = h(
    "div.draw-tools",
    {},
    h("p.help", {}, t("drawHelp")),
    h(
      "button.button",
      { type: "button", "data-action": "clear", onclick: () => store.set({ drawn: "" }) },
      t("drawClear"),
    ),
  );
  const linesHelp = h("p.help", {}, t("linesHelp"));
  const networkSize = h(
    "div.stack",
    {},
    slider(store, "width", { label: t("width") }, (v) => formatNumber(v, 0)),
    slider(store, "depth", { label: t("depth") }, (v) => formatNumber(v, 0)),
  );
  const controls = h(
    "div.panel.stack.settings",
    {},
    choices(store, "data", { label: t("data") }, (option) => t(option as "lines")),
    linesHelp,
    drawTools,
    toggle(store, "still", { label: t("still") }),
    choices(store, "gan_loss", { label: t("ganLoss") }, (option) => t(option as "saturating")),
    choices(store, "constraint", { label: t("constraint"), help: t("constraintHelp") }, (option) =>
      t(option as "clip"),
    ),
    clip,
    slider(store, "n_critic", { label: t("nCritic") }, (v) => formatNumber(v, 0)),
  );
  const more = h(
    "details.panel.more",
    { open: matchMedia("(min-width: 941px)").matches },
    h("summary", {}, t("more")),
    h(
      "div.grid",
      {},
      choices(store, "optimizer", { label: t("optimizer") }, (option) => t(option as "adam")),
      beta1,
      slider(store, "generator_rate", { label: t("generatorRate") }, (v) => formatNumber(v, 5)),
      slider(store, "adversary_rate", { label: t("adversaryRate") }, (v) => formatNumber(v, 5)),
      networkSize,
      slider(store, "seed", { label: t("seed") }, (v) => String(v)),
    ),
  );

  function showConditions(): void {
    linesHelp.hidden = store.get("data") !== "lines";
    for (const hint of hints) hint.hidden = !empty();
    const clipped = store.get("constraint") === "clip";
    atBound.hidden = !clipped;
    weightsTitle.textContent = t(clipped ? "chartWeights" : "chartWeightsFree")();
    drawTools.hidden = store.get("data") !== "drawn";
    clip.hidden = !clipped;
    beta1.hidden = store.get("optimizer") !== "adam";
    for (const canvas of canvases)
      canvas.classList.toggle("drawable", store.get("data") === "drawn");
  }
  showConditions();
  showWords();

  const picture = (index: number) =>
    h(
      "figure.panel.game",
      {},
      h(
        "figcaption",
        {},
        h("strong", {}, t(KINDS[index])),
        h("span", {}, t(index ? "wganAdversary" : "ganAdversary")),
      ),
      h("div.canvas-box", {}, canvases[index], hints[index]),
      h(
        "dl.stats",
        {},
        stat("statEarthMover", index, (m) => formatNumber(m.earthMover)),
        stat("statJs", index, (m) => formatNumber(m.js)),
      ),
      h(
        "p.legend.arrow-legend",
        {},
        "→ ",
        t("arrow"),
        t("arrowLong"),
        h("i.arrow-length", { "aria-hidden": true }),
        arrowScales[index],
      ),
    );

  const element = h(
    "div.race",
    {},
    h(
      "div.stage",
      {},
      h("div.pictures", {}, picture(0), picture(1)),
      h(
        "p.legend.points",
        {},
        h("span.key.real", {}, "● ", t("real")),
        h("span.key.generated", {}, "▲ ", t("generated")),
      ),
      h(
        "div.panel.play",
        {},
        h("div.buttons", {}, play, stepButton, restart),
        slider(store, "speed", { label: t("speed") }, speedText),
        counter,
      ),
      h(
        "div.panel.charts",
        {},
        ...charts.map((chart) => chart.element),
        h("figure", {}, weightsTitle, weightsCanvas, atBound),
      ),
      h("div.panel.numbers", {}, table, estimateHelp),
    ),
    h("div.side", {}, controls, more),
  );

  if (reducedMotion) store.set({ play: false });
  begin();
  if (reducedMotion && !empty()) send({ type: "advance", steps: PRE_RUN });

  return {
    element,
    restart: begin,
    redraw() {
      showConditions();
      showWords();
      showSample();
      for (const drawing of [...drawings, weights, ...charts.map((chart) => chart.drawing)])
        drawing.request();
    },
    dispose() {
      cancelAnimationFrame(acknowledgement);
      stopListening();
      for (const drawing of [...drawings, weights, ...charts.map((chart) => chart.drawing)])
        drawing.dispose();
    },
  };
}

export const race: Scene<RaceSchema> = {
  name: "race",
  schema,
  strings,
  trials: [
    { key: "trial1", set: { still: true, speed: 60 } },
    {
      key: "trial2",
      set: {
        data: "8-gaussians",
        gan_loss: "non-saturating",
        generator_rate: 0.001,
        adversary_rate: 0.003,
        speed: 300,
      },
    },
    {
      key: "trial3",
      set: {
        data: "8-gaussians",
        gan_loss: "non-saturating",
        generator_rate: 0.001,
        adversary_rate: 0.001,
        speed: 300,
      },
    },
  ],
  variant: ({ data, drawn, still }) =>
    data === "drawn" && drawn === "" ? "Draw" : still ? "Still" : data === "lines" ? "" : "Points",
  mount,
};
