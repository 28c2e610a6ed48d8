/** Two card pools: the extra surprise of each pull adds up, and its mean goes to KL or JS. */

import { jsDivergence, klDivergence } from "../../engine/distances";
import type { SceneContext } from "../../scene";
import { Drawing } from "../../ui/canvas";
import { drawChart } from "../../ui/chart";
import { choices } from "../../ui/controls";
import { formatNumber, h, type Translate } from "../../ui/dom";
import { Heaps } from "./heaps";
import { merged, normalised, Pulls } from "./pulls";
import {
  type DistancesSchema,
  decodeRates,
  encodeRates,
  RANKS,
  type Settings,
  schema,
} from "./settings";
import type { strings } from "./strings";

type T = Translate<keyof (typeof strings)["en"]>;

const SHOWN = 10; // cards
const CHART_POINTS = 300;

const signed = (value: number) =>
  (value > 0 ? "+" : "") + formatNumber(value, Math.abs(value) < 10 ? 2 : 3);

export function mountCards(store: SceneContext<DistancesSchema>["store"], t: T) {
  const heaps = new Heaps({
    most: 100,
    step: 10,
    labels: [...RANKS],
    heaps: [
      { title: t("poolP"), barName: (rank) => t("rateP", { rank }) },
      { title: t("poolQ"), barName: (rank) => t("rateQ", { rank }) },
    ],
    format: (value) => `${value}%`,
    onChange: (which, values) =>
      store.set({ [which ? "rates_q" : "rates_p"]: encodeRates(values), pulls: 0 }),
  });
  const mixtureMarks = [0, 1].flatMap((which) =>
    RANKS.map((_, rank) => {
      const mark = h("span.mixture", { "aria-hidden": true });
      heaps.element.querySelectorAll(".bars")[which].children[rank].append(mark);
      return mark;
    }),
  );

  let pulls: Pulls | null = null;
  let madeFor = "";
  const pool = (): Pulls => {
    const key = JSON.stringify(
      (["rates_p", "rates_q", "source", "seed"] as const).map((name) => store.get(name)),
    );
    if (!pulls || key !== madeFor) {
      madeFor = key;
      const rates = [decodeRates(store.get("rates_p")), decodeRates(store.get("rates_q"))];
      pulls = new Pulls(rates[0], rates[1], store.get("source"), store.get("seed"));
    }
    pulls.reach(store.get("pulls"));
    return pulls;
  };

  function target(): number {
    const [p, q] = [decodeRates(store.get("rates_p")), decodeRates(store.get("rates_q"))];
    if (store.get("source") === "merged") return jsDivergence(p, q);
    return store.get("source") === "p" ? klDivergence(p, q) : klDivergence(q, p);
  }

  // === Buttons ===

  const pullButtons = [1, 10, 100].map((count) =>
    h(
      "button.button",
      {
        type: "button",
        "data-action": `pull-${count}`,
        "aria-label": t("pullName", { count }),
        onclick: () => store.set({ pulls: store.get("pulls") + count }),
      },
      t("pull", { count }),
    ),
  );
  pullButtons[1].classList.add("primary");
  const newAccount = h(
    "button.button",
    {
      type: "button",
      "data-action": "new-account",
      onclick: () => {
        const { max } = schema.seed;
        store.set({ pulls: 0, seed: store.get("seed") < max ? store.get("seed") + 1 : 0 });
      },
    },
    "↺ ",
    t("newAccount"),
  );

  // === What was pulled ===

  const cards = h("ol.cards", { "aria-label": t("lastCards") });
  const empty = h("p.help.empty", {}, t("noPulls"));
  const sourceHelp = h("p.help.source-help", {});
  const impossible = h("p.impossible", {}, t("impossible"));
  const numbers = (["count", "sum", "mean", "target"] as const).map((key) => {
    const value = h("strong", { "data-value": key });
    const label = h("span", {}, t(key));
    return { key, value, element: h("div", {}, value, label) };
  });
  const formula = h("p.help.formula", {});
  const summary = h("p.visually-hidden", { "aria-live": "polite" });
  let shownPulls = -1;
  let shownFor = "";

  function showCards(made: Pulls, count: number): void {
    if (shownPulls === count && shownFor === madeFor) return;
    const fresh = shownFor === madeFor ? count - Math.max(0, shownPulls) : count;
    const begin = Math.max(0, count - SHOWN);
    const shown = made.pulls.slice(begin, count).map(({ rank, pool: from, excess }, index) => {
      const name = t("cardName", { rank: RANKS[rank], excess: signed(excess) });
      const card = h(
        "li.card",
        { "data-rank": RANKS[rank], title: name },
        h("span.stars", { "aria-hidden": true }, "★".repeat(rank)),
        h("strong", {}, RANKS[rank]),
        h("span.excess", {}, signed(excess)),
        made.source === "merged"
          ? h("small", { title: t("fromPool", { pool: from.toUpperCase() }) }, from.toUpperCase())
          : null,
      );
      if (begin + index >= count - fresh) {
        card.classList.add("fresh");
        card.style.animationDelay = `${40 * Math.max(0, index - Math.max(0, SHOWN - fresh))}ms`;
      }
      return card;
    });
    cards.replaceChildren(...shown);
    shownPulls = count;
    shownFor = madeFor;
  }

  // === The chart ===

  const canvas = h("canvas.chart", { role: "img", "aria-label": t("chartMean") });
  const chart = new Drawing(canvas, (drawing) => {
    const made = pool();
    const count = store.get("pulls");
    const points: { x: number; y: number }[] = [];
    const every = Math.max(1, Math.floor(count / CHART_POINTS));
    for (let n = 1; n <= count; n += every) points.push({ x: n, y: made.sums[n] / n });
    if (count && points.at(-1)!.x !== count) points.push({ x: count, y: made.sums[count] / count });
    const last = Math.max(20, count);
    const goal = target();
    // one pull may be far off: after the first dozen the axis follows the later ones
    const settled = points.filter(({ x }) => x >= Math.min(12, count));
    const bound = Math.max(...settled.map(({ y }) => Math.abs(y)).filter(Number.isFinite), 0.3);
    const clipped = points.filter(({ y }) => Math.abs(y) <= 1.5 * bound);
    const goalLine = Number.isFinite(goal)
      ? [
          { x: 0, y: goal },
          { x: last, y: goal },
        ]
      : [];
    const nearLog2 = store.get("source") === "merged" && goal > 0.2; // or the rest is flat
    drawChart(drawing, {
      lines: [
        { points: goalLine, colour: "ink", dash: [5, 4], width: 1.5 },
        { points: clipped, colour: "accent" },
      ],
      include: nearLog2 ? [0, Math.LN2] : [0],
      marks: nearLog2 ? [{ y: Math.LN2, label: "log 2" }] : [],
      xRange: [0, last],
    });
  });
  const goalName = h("span.swatch.dashed", {});

  const element = h(
    "div.view.cards-view",
    {},
    h(
      "section.panel.stack",
      {},
      h("h2", {}, t("poolsTitle")),
      h("p.help", {}, t("ranksHelp")),
      heaps.element,
      h("p.legend.m-legend", {}, h("span", {}, "◇ ", t("poolM"))),
    ),
    h(
      "section.panel.stack.pulling",
      {},
      choices(store, "source", { label: t("source") }, (option) => t(option as "p")),
      sourceHelp,
      h("div.buttons", {}, ...pullButtons, newAccount),
      h("div.tray", {}, cards, empty),
      impossible,
      h("div.totals", {}, ...numbers.map((number) => number.element)),
      h(
        "figure",
        {},
        h("figcaption", {}, t("chartMean")),
        canvas,
        h("p.legend", {}, h("span.swatch.solid", {}, t("mean")), goalName),
      ),
      formula,
      summary,
    ),
  );

  function show(): void {
    const [p, q] = [decodeRates(store.get("rates_p")), decodeRates(store.get("rates_q"))];
    const [a, b] = [normalised(p), normalised(q)];
    const m = merged(a, b);
    const source = store.get("source");
    const count = store.get("pulls");
    const made = pool();
    heaps.show(p, q);
    const isMerged = source === "merged";
    element.classList.toggle("is-merged", isMerged);
    mixtureMarks.forEach((mark, index) => {
      mark.style.setProperty("--share", String(m[index % RANKS.length]));
    });
    showCards(made, count);
    empty.hidden = count > 0;
    const sum = made.sums[count];
    impossible.hidden = sum !== Number.POSITIVE_INFINITY;
    const goal = target();
    const values = {
      count: String(count),
      sum: count ? signed(sum) : "–",
      mean: count ? formatNumber(sum / count) : "–",
      target: formatNumber(goal),
    };
    for (const { key, value } of numbers) value.textContent = values[key];
    const name = isMerged ? "targetMerged" : source === "p" ? "targetP" : "targetQ";
    goalName.textContent = `${t(name)()} = ${formatNumber(goal)}`;
    const help = isMerged ? "sourceHelpMerged" : source === "p" ? "sourceHelpP" : "sourceHelpQ";
    sourceHelp.textContent = t(help)();
    formula.hidden = !isMerged;
    formula.textContent = t("mixture", {
      first: formatNumber(klDivergence(a, m)),
      second: formatNumber(klDivergence(b, m)),
      js: formatNumber(goal),
    })();
    for (const button of pullButtons) button.disabled = count >= schema.pulls.max;
    const said = t("pulled", { count, mean: values.mean, target: values.target })();
    if (count && summary.textContent !== said) summary.textContent = said;
    chart.request();
  }

  return {
    element,
    keys: ["rates_p", "rates_q", "source", "pulls", "seed"] as (keyof Settings)[],
    show,
    redraw() {
      shownPulls = -1;
      show();
    },
    dispose: () => chart.dispose(),
  };
}
