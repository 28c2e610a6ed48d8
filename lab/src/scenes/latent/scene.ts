/** Scene 4, latent space: the shipped generators under the reader's finger. */

import "./latent.css";
import type { Scene, SceneContext, SceneView } from "../../scene";
import { colours, Drawing } from "../../ui/canvas";
import { choices, slider, toggle } from "../../ui/controls";
import { formatNumber, h, translator } from "../../ui/dom";
import type { FromSession, ToSession } from "./session";
import { GALLERY, LAYOUT, type LatentSchema, SIDE, STRIP, schema } from "./settings";
import { fade, Sprites } from "./sprites";
import { strings } from "./strings";
import { loadWeights } from "./weights";

const t = translator(strings);
const PACE = 1 / 2600; // of the drift, by the millisecond
const KEY_STEP = 0.03;

function mount({ store, worker, reducedMotion }: SceneContext<LatentSchema>): SceneView {
  const send = (message: ToSession) => worker.send(message);
  let disposed = false;
  let layout = 0;
  let ready: Extract<FromSession, { type: "ready" }> | null = null;
  let corners: number[] = [];
  let status: { length: number; milliseconds: number } | null = null;

  // === Pictures ===

  const map = new Sprites(SIDE * SIDE, SIDE);
  const gallery = new Sprites(GALLERY, GALLERY / 2);
  const strip = new Sprites(STRIP, STRIP);
  const fades = new Sprites(STRIP, STRIP);
  const bigs = new Sprites(2, 2); // through latent space, and faded
  const drawings: Drawing[] = [];
  const drawn = (
    canvas: HTMLCanvasElement,
    draw: (drawing: Drawing) => void,
  ): HTMLCanvasElement => {
    drawings.push(new Drawing(canvas, draw));
    return canvas;
  };
  const bigDrawings: Drawing[] = [];
  const redrawAll = () => {
    for (const drawing of drawings) drawing.request();
  };
  const redrawBig = () => {
    for (const drawing of bigDrawings) drawing.request();
  };

  // === Where the reader is: the store's place, or that of the drift ===

  let place = { x: store.get("x"), y: store.get("y") };
  let asked = false; // a big picture that has not come yet
  let again = false;
  function askForBig(): void {
    if (!ready) return;
    if (asked) {
      again = true;
      return;
    }
    asked = true;
    send({ type: "big", ...place, share: store.get("share") });
  }
  let animation = 0;
  let phase = 0;
  let before = 0;
  function drift(now: number): void {
    animation = 0;
    if (disposed || !drifting()) return;
    animation = requestAnimationFrame(drift); // first: a listener of the store would ask, too
    phase += Math.min(50, now - before) * PACE;
    before = now;
    const along = (angle: number) => Number((0.5 + 0.47 * Math.sin(angle)).toFixed(4));
    place = { x: along(phase), y: along(1.37 * phase) };
    if (!document.hidden) store.set(place); // the sliders and the address follow
  }
  const drifting = () => store.get("drift") && store.get("view") === "plane" && ready !== null;
  function startDrift(): void {
    if (!drifting() || animation) return;
    before = performance.now();
    animation = requestAnimationFrame(drift);
  }
  const moveTo = (x: number, y: number) => {
    const within = (value: number) => Number(Math.min(1, Math.max(0, value)).toFixed(4));
    store.set({ drift: false, x: within(x), y: within(y) });
  };

  // === The map ===

  const pad = h("canvas.map", {
    tabindex: 0,
    role: "application",
    "aria-label": t("mapName"),
    "data-control": "map",
  });
  const mapDrawing = new Drawing(pad, (drawing) => {
    map.draw(drawing);
    if (!ready) return;
    const { context, width, height } = drawing;
    const x = ((place.x * (SIDE - 1) + 0.5) / SIDE) * width;
    const y = ((place.y * (SIDE - 1) + 0.5) / SIDE) * height;
    const size = Math.max(9, width / SIDE / 3.2);
    for (const [colour, line] of [
      ["#000", 7],
      [colours().generated, 3.5],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = line;
      context.beginPath();
      context.arc(x, y, size, 0, 2 * Math.PI);
      context.stroke();
    }
  });
  drawings.push(mapDrawing);
  let pointer = -1;
  const drag = (event: PointerEvent) => {
    const box = pad.getBoundingClientRect();
    const along = (value: number) => (value * SIDE - 0.5) / (SIDE - 1);
    const x = along((event.clientX - box.left) / box.width);
    moveTo(x, along((event.clientY - box.top) / box.height));
  };
  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pointer = event.pointerId;
    pad.setPointerCapture(pointer);
    drag(event);
  });
  pad.addEventListener("pointermove", (event) => {
    if (event.pointerId === pointer) drag(event);
  });
  const end = (event: PointerEvent) => {
    if (event.pointerId === pointer) pointer = -1;
  };
  pad.addEventListener("pointerup", end);
  pad.addEventListener("pointercancel", end);
  pad.addEventListener("keydown", (event) => {
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    moveTo(place.x + KEY_STEP * step[0], place.y + KEY_STEP * step[1]);
  });

  const bigPicture = (index: number, label: Parameters<typeof t>[0]) => {
    const canvas = h("canvas.big", { role: "img", "aria-label": t(label) });
    drawn(canvas, (drawing) => bigs.draw(drawing, index));
    bigDrawings.push(drawings[drawings.length - 1]);
    return canvas;
  };
  const note = h("p.help", { "data-value": "status" });
  const seedNote = h("p.help", {});
  const nextSeed = (label: "another" | "others") =>
    h(
      "button.button",
      {
        type: "button",
        "data-action": label,
        onclick: () => store.set({ seed: (store.get("seed") + 1) % (schema.seed.max + 1) }),
      },
      h("span", { "aria-hidden": true }, "↻ "),
      t(label),
    );
  const percent = (value: number) => `${Math.round(100 * value)}%`;
  const sliders = h(
    "div.pair",
    {
      oninput: () => store.set({ drift: false }),
      onpointerdown: () => store.set({ drift: false }),
    },
    slider(store, "x", { label: t("x") }, percent),
    slider(store, "y", { label: t("y") }, percent),
  );
  const plane = h(
    "div.plane-view",
    {},
    h("figure.panel.stack", {}, bigPicture(0, "bigName"), note),
    h(
      "section.panel.stack",
      {},
      pad,
      h("div.row", {}, toggle(store, "drift", { label: t("drift") }), nextSeed("another")),
      sliders,
      seedNote,
    ),
  );

  // === The walk ===

  let picking: "from" | "to" = "to";
  const endButton = (key: "from" | "to", letter: string) =>
    h(
      "button.end",
      {
        type: "button",
        "data-action": `pick-${key}`,
        onclick: () => {
          picking = key;
          showEnds();
        },
      },
      h("strong", { "aria-hidden": true }, letter),
      drawn(h("canvas.small", { "aria-hidden": true }), (on) => gallery.draw(on, store.get(key))),
      h("span", {}, t(key)),
    );
  const ends = { from: endButton("from", "A"), to: endButton("to", "B") };
  const choicesOfGallery = Array.from({ length: GALLERY }, (_, index) =>
    h(
      "button.thumb",
      {
        type: "button",
        "data-picture": index,
        "aria-label": t("galleryName", { index }),
        onclick: () => {
          const key = picking;
          picking = key === "from" ? "to" : "from";
          store.set({ [key]: index });
          showEnds();
        },
      },
      h("span.letter", { "aria-hidden": true }),
    ),
  );
  function showEnds(): void {
    for (const key of ["from", "to"] as const) {
      ends[key].setAttribute("aria-pressed", String(picking === key));
      const name = t(key === "from" ? "fromName" : "toName", { index: store.get(key) });
      ends[key].setAttribute("aria-label", name());
    }
    choicesOfGallery.forEach((thumb, index) => {
      const letters = [
        store.get("from") === index ? "A" : "",
        store.get("to") === index ? "B" : "",
      ];
      thumb.lastElementChild!.textContent = letters.join("");
      thumb.classList.toggle("a", letters[0] !== "");
      thumb.classList.toggle("b", letters[1] !== "");
    });
  }
  const steps = Array.from({ length: STRIP }, (_, index) =>
    h("button.thumb", {
      type: "button",
      "data-step": index,
      "aria-label": t("stepName", { index: index + 1 }),
      onclick: () => store.set({ share: index / (STRIP - 1) }),
    }),
  );
  const sheet = (sprites: Sprites) =>
    drawn(h("canvas.sheet", { "aria-hidden": true }), (on) => sprites.draw(on));
  const walkNote = h("p.help", {});
  const figure = (
    index: number,
    title: "throughLatents" | "fading",
    help: "latentHelp" | "fadingHelp",
  ) =>
    h(
      "figure",
      {},
      h("figcaption", {}, h("strong", {}, t(title)), h("span", {}, t(help))),
      bigPicture(index, title),
    );
  const walk = h(
    "div.walk-view",
    {},
    h(
      "section.panel.stack",
      {},
      h("h2", {}, t("gallery")),
      h("div.row.ends", {}, ends.from, ends.to, h("p.help", {}, t("galleryHelp"))),
      h("div.gallery", {}, sheet(gallery), ...choicesOfGallery),
      h("div.row", {}, nextSeed("others")),
      choices(store, "way", { label: t("way"), help: t("wayHelp") }, (option) =>
        t(option as "arc"),
      ),
      walkNote,
    ),
    h(
      "section.panel.stack",
      {},
      h(
        "div.pair",
        {},
        figure(0, "throughLatents", "latentHelp"),
        figure(1, "fading", "fadingHelp"),
      ),
      slider(store, "share", { label: t("share") }, percent),
      h("div.strip", {}, sheet(strip), ...steps),
      h("div.strip", {}, sheet(fades)),
    ),
  );

  // === Around them ===

  const loading = h("p.panel.loading", { role: "status" }, t("loading"));
  const missing = h(
    "div.panel.missing",
    { role: "alert" },
    h("p", {}, () => t("missing", { file: `${store.get("generator")}.js` })()),
    h(
      "button.button",
      { type: "button", "data-action": "retry", onclick: () => load() },
      t("retry"),
    ),
  );
  const lengthPanel = h(
    "div.length",
    {},
    slider(store, "length", { label: t("length"), help: t("lengthHelp") }, (value) =>
      t("lengthValue", { value: formatNumber(value, 2) })(),
    ),
  );
  const element = h(
    "div.latent",
    {},
    h(
      "div.row.top",
      {},
      choices(store, "generator", { label: t("generator") }, (option) => t(option as "mnist")),
      choices(store, "view", { label: t("view") }, (option) => t(option as "plane")),
    ),
    loading,
    missing,
    plane,
    walk,
  );

  // === The session ===

  async function load(): Promise<void> {
    const name = store.get("generator");
    ready = null;
    asked = again = false;
    loading.hidden = false;
    missing.hidden = true;
    showView();
    try {
      const packed = await loadWeights(name);
      if (disposed || store.get("generator") !== name) return;
      send({ type: "generator", packed });
    } catch {
      if (disposed || store.get("generator") !== name) return;
      loading.hidden = true;
      missing.hidden = false;
      showView();
    }
  }

  function lay(): void {
    layout++;
    send({ type: "layout", settings: store.values, layout });
    askForBig();
  }

  function fadeBig(): void {
    const [a, b] = [strip.pictures[0], strip.pictures[STRIP - 1]];
    if (a && b) bigs.put(1, fade(a, b, store.get("share")));
  }

  function fadeAll(): void {
    const [a, b] = [strip.pictures[0], strip.pictures[STRIP - 1]];
    if (!a || !b) return;
    for (let i = 0; i < STRIP; i++) fades.put(i, fade(a, b, i / (STRIP - 1)));
    fadeBig();
  }

  worker.receive = (message: FromSession) => {
    if (message.type === "ready") {
      ready = message;
      loading.hidden = true;
      for (const sprites of [map, gallery, strip, fades, bigs]) sprites.clear(message.shape);
      askForBig();
      startDrift();
    } else if (message.type === "corners") {
      corners = message.corners;
      showWords();
    } else if (message.type === "big") {
      asked = false;
      bigs.put(0, message.picture);
      status = message;
      element.dataset.drawn = String(Number(element.dataset.drawn ?? 0) + 1);
      if (again) {
        again = false;
        askForBig();
      }
      if (store.get("view") === "walk") fadeBig();
      showStatus();
      redrawBig();
      return;
    } else if (ready && message.layout === layout) {
      message.indices.forEach((index, i) => {
        const picture = message.pictures[i];
        if (store.get("view") === "plane") map.put(index, picture);
        else if (index < GALLERY) gallery.put(index, picture);
        else strip.put(index - GALLERY, picture);
      });
      if (store.get("view") === "walk") fadeAll();
      if (status) status.milliseconds = message.milliseconds;
      showStatus();
    }
    redrawAll();
  };

  let lastStatus = 0;
  function showStatus(now = performance.now()): void {
    if (!ready || !status || now - lastStatus < 250) return; // numbers one can read
    lastStatus = now;
    const words = t("status", {
      dim: ready.latentDim,
      length: status.length.toFixed(1),
      typical: Math.sqrt(ready.latentDim).toFixed(1),
      ms: formatNumber(status.milliseconds, 1),
    })();
    note.textContent = words;
    walkNote.textContent = words;
  }

  function showWords(): void {
    seedNote.textContent = corners.length
      ? t("seedNote", { seed: store.get("seed"), corners: corners.join(", ") })()
      : "";
    showEnds();
    showStatus(lastStatus + 1000);
  }

  function showView(): void {
    const there = missing.hidden;
    plane.hidden = !there || store.get("view") !== "plane";
    walk.hidden = !there || store.get("view") !== "walk";
    lengthPanel.hidden = !there;
    const panels = (store.get("view") === "plane" ? plane : walk).children;
    const narrow = matchMedia("(max-width: 720px)").matches; // then the map follows the picture
    panels[narrow ? panels.length - 1 : 0].append(lengthPanel);
  }

  const stopListening = store.listen((changed) => {
    if (!drifting()) place = { x: store.get("x"), y: store.get("y") };
    if (changed.includes("generator")) load();
    if (changed.some((key) => (LAYOUT as readonly string[]).includes(key))) {
      lay();
      showWords();
      redrawAll();
    } else askForBig();
    if (changed.includes("view")) showView();
    startDrift();
    mapDrawing.request();
  });

  if (reducedMotion) store.set({ drift: false });
  missing.hidden = true;
  showView();
  showWords();
  lay();
  load();

  return {
    element,
    redraw() {
      showWords();
      redrawAll();
    },
    dispose() {
      disposed = true;
      cancelAnimationFrame(animation);
      stopListening();
      for (const drawing of drawings) drawing.dispose();
    },
  };
}

export const latent: Scene<LatentSchema> = {
  name: "latent",
  schema,
  strings,
  trials: [
    { key: "trial1", set: { generator: "fashion-mnist" } },
    { key: "trial2", set: { view: "walk" } },
    { key: "trial3", set: { length: 0 } },
  ],
  variant: ({ view }) => (view === "walk" ? "Walk" : ""),
  mount,
};
