/** Two heaps of clay, five measures, and the transport plan as arrows and as a matrix. */

import { jsDivergence, klDivergence, totalVariation } from "../../engine/distances";
import { earthMover } from "../../engine/transport";
import type { SceneContext } from "../../scene";
import { Drawing } from "../../ui/canvas";
import { choices } from "../../ui/controls";
import { formatNumber, h, type Translate } from "../../ui/dom";
import { Heaps } from "./heaps";
import { Meters } from "./meters";
import { normalised } from "./pulls";
import {
  CLAY,
  type DistancesSchema,
  decodeHeap,
  encodeHeap,
  moveHeap,
  PLACES,
  type Settings,
} from "./settings";
import type { strings } from "./strings";

type T = Translate<keyof (typeof strings)["en"]>;

const PLACE_NAMES = Array.from({ length: PLACES }, (_, place) => String(place + 1));
const COST = Array.from({ length: PLACES * PLACES }, (_, cell) =>
  Math.abs(Math.floor(cell / PLACES) - (cell % PLACES)),
);
const TINY = 1e-9;

/** All measures of two heaps, and the coupling of the cheapest plan. */
export function measureHeaps(p: number[], q: number[]) {
  const { distance, coupling } = earthMover(p, q, COST);
  return {
    kl: klDivergence(p, q),
    klBack: klDivergence(q, p),
    js: jsDivergence(p, q),
    tv: totalVariation(p, q),
    em: distance,
    coupling,
  };
}

export function mountBars(store: SceneContext<DistancesSchema>["store"], t: T) {
  const heaps = new Heaps({
    most: CLAY,
    step: 3,
    labels: PLACE_NAMES,
    heaps: [
      { title: t("heapP"), barName: (place) => t("placeP", { place }) },
      { title: t("heapQ"), barName: (place) => t("placeQ", { place }) },
    ],
    format: String,
    onChange: (which, values) => store.set({ [which ? "q" : "p"]: encodeHeap(values) }),
  });
  const meters = new Meters(t, PLACES - 1, "earthMoverHelp");
  let plan: ArrayLike<number> = [];
  let highlighted = -1;

  // === Arrows ===

  const canvas = h("canvas.arrows", { "aria-hidden": true });
  const arrows = new Drawing(canvas, ({ context, width, height }) => {
    const style = getComputedStyle(canvas);
    const [p, q] = heights();
    const middle = height / 2;
    const half = middle - 12; // the ground between the heaps is 24 pixels high
    for (let i = 0; i < PLACES; i++)
      for (let j = 0; j < PLACES; j++) {
        const mass = plan[i * PLACES + j];
        if (!(mass > TINY)) continue;
        const x0 = ((i + 0.5) / PLACES) * width;
        const x1 = ((j + 0.5) / PLACES) * width;
        const y0 = middle - 12 - (half * p[i]) / 2;
        const y1 = middle + 12 + (half * q[j]) / 2;
        const chosen = highlighted === i * PLACES + j;
        context.globalAlpha = chosen ? 1 : highlighted < 0 ? 0.8 : 0.25;
        context.strokeStyle = style.getPropertyValue(chosen ? "--accent" : "--ink");
        context.fillStyle = context.strokeStyle;
        drawArrow(context, x0, y0, x1, y1, 1 + 11 * mass);
      }
    context.globalAlpha = 1;
  });
  heaps.element.append(canvas);
  const heights = () => [
    decodeHeap(store.get("p")).map((clay) => clay / CLAY),
    decodeHeap(store.get("q")).map((clay) => clay / CLAY),
  ];

  // === The matrix ===

  const cells = COST.map((_, cell) =>
    h("td", {
      onpointerenter: () => highlight(cell),
      onpointerleave: () => highlight(-1),
    }),
  );
  const highlight = (cell: number) => {
    highlighted = plan[cell] > TINY ? cell : -1;
    arrows.request();
  };
  const matrix = h(
    "table.matrix",
    {},
    h("caption.visually-hidden", {}, t("matrixTitle")),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td.corner", {}, h("small", {}, "P ↓ Q →")),
        ...PLACE_NAMES.map((place) => h("th", { scope: "col" }, place)),
      ),
    ),
    h(
      "tbody",
      {},
      ...PLACE_NAMES.map((place, row) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, place),
          ...cells.slice(row * PLACES, (row + 1) * PLACES),
        ),
      ),
    ),
  );
  cells.forEach((cell, index) => {
    if (COST[index] === 0) cell.className = "stays";
  });
  const cost = h("p.cost", { "data-value": "cost" });

  // === Buttons ===

  const move = (by: number) => () => {
    const heap = decodeHeap(store.get("q"));
    store.set({ q: encodeHeap(moveHeap(heap, by)) });
  };
  const button = (action: string, label: Parameters<T>[0], onclick: () => void, mark = "") =>
    h(
      "button.button",
      { type: "button", "data-action": action, onclick },
      mark ? h("span", { "aria-hidden": true }, mark) : null,
      t(label),
    );
  const left = button("left", "moveLeft", move(-1), "◀ ");
  const right = button("right", "moveRight", move(1), "▶ ");
  const swap = button("swap", "swap", () => store.set({ p: store.get("q"), q: store.get("p") }));

  const element = h(
    "div.view.bars-view",
    {},
    h(
      "section.panel.stack",
      {},
      heaps.element,
      h("div.buttons", {}, left, right, swap),
      h("p.help", {}, t("barsHint")),
    ),
    h("section.panel", {}, meters.element),
    h(
      "section.panel.stack.plan",
      {},
      h(
        "div.stack",
        {},
        choices(store, "plan", { label: t("plan") }, (option) => t(option as "best")),
        cost,
        h("p.help", {}, t("matrixHelp")),
      ),
      h("figure", {}, h("figcaption", {}, t("matrixTitle")), matrix),
    ),
  );

  function show(): void {
    const [p, q] = [decodeHeap(store.get("p")), decodeHeap(store.get("q"))];
    const measured = measureHeaps(p, q);
    const [a, b] = [normalised(p), normalised(q)];
    const even = store.get("plan") === "even";
    plan = even ? COST.map((_, i) => a[Math.floor(i / PLACES)] * b[i % PLACES]) : measured.coupling;
    heaps.show(p, q);
    meters.show(measured);
    const total = COST.reduce((sum, way, cell) => sum + way * plan[cell], 0);
    const words = t("planCost", { cost: formatNumber(total, 2) })();
    const same = total < measured.em + TINY;
    const verdict = !even
      ? t("planBest")
      : same
        ? t("planSame")
        : t("planEven", { cost: formatNumber(measured.em, 2) });
    cost.textContent = `${words} ${verdict()}`;
    const most = Math.max(...Array.from(plan));
    cells.forEach((cell, index) => {
      const mass = plan[index];
      const percent = mass > TINY ? formatNumber(100 * mass, 0) : "";
      cell.textContent = percent === "0" ? "<1" : percent;
      cell.style.setProperty("--mass", `${mass > TINY ? 12 + (78 * mass) / most : 0}%`);
      cell.classList.toggle("strong", mass / most > 0.45);
      const [from, to] = [PLACE_NAMES[Math.floor(index / PLACES)], PLACE_NAMES[index % PLACES]];
      if (mass > TINY)
        cell.title = t("matrixCell", { share: formatNumber(100 * mass, 1), from, to })();
      else cell.removeAttribute("title");
    });
    left.disabled = moveHeap(q, -1) === q;
    right.disabled = moveHeap(q, 1) === q;
    arrows.request();
  }

  return {
    element,
    keys: ["p", "q", "plan"] as (keyof Settings)[],
    show,
    redraw: show,
    dispose() {
      meters.dispose();
      arrows.dispose();
    },
  };
}

/** A straight arrow of a given width. */
function drawArrow(
  context: CanvasRenderingContext2D,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  width: number,
): void {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 2) return;
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const head = Math.min(length * 0.6, 6 + 1.6 * width);
  const side = head * 0.5;
  const [bx, by] = [x1 - head * ux, y1 - head * uy];
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(bx, by);
  context.stroke();
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(bx - side * uy, by + side * ux);
  context.lineTo(bx + side * uy, by - side * ux);
  context.closePath();
  context.fill();
}
