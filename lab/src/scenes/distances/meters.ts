/** Numbers with a gauge each, that show whether a measure is at its maximum. */

import { formatNumber, h, type LiveText, type Translate } from "../../ui/dom";
import type { strings } from "./strings";

type T = Translate<keyof (typeof strings)["en"]>;

export interface Measured {
  kl: number;
  klBack: number;
  js: number;
  tv: number;
  em: number;
}

interface Row {
  key: keyof Measured;
  name: Parameters<T>[0];
  help: Parameters<T>[0];
  most: number; // where the gauge is full
  bounded: boolean; // whether the measure itself ends there
}

const ROUNDING = 1e-12; // less than that is 0

/** A list of the five measures. */
export class Meters {
  readonly element: HTMLElement;
  private readonly rows: { row: Row; item: HTMLElement; value: HTMLElement; note: HTMLElement }[];
  private readonly summary = h("p.visually-hidden", { "aria-live": "polite" });
  private timer: ReturnType<typeof setTimeout> | undefined;
  private measured: Measured | null = null;

  constructor(
    private readonly t: T,
    farthest: number,
    earthMoverHelp: Parameters<T>[0],
    private readonly note?: (key: keyof Measured, measured: Measured) => LiveText,
  ) {
    const rows: Row[] = [
      { key: "kl", name: "klPQ", help: "klHelp", most: 4, bounded: false },
      { key: "klBack", name: "klQP", help: "klBackHelp", most: 4, bounded: false },
      { key: "js", name: "js", help: "jsHelp", most: Math.LN2, bounded: true },
      { key: "tv", name: "tv", help: "tvHelp", most: 1, bounded: true },
      { key: "em", name: "earthMover", help: earthMoverHelp, most: farthest, bounded: false },
    ];
    this.rows = rows.map((row) => {
      const value = h("strong.number", { "data-measure": row.key });
      const note = h("span.note", {});
      const item = h(
        "li.meter",
        {},
        h("div.meter-head", {}, h("span", {}, t(row.name)), value),
        h("div.gauge", { "aria-hidden": true }, h("div.level", {})),
        h("div.meter-foot", {}, h("span", {}, t(row.help)), note),
      );
      item.classList.add(row.key);
      return { row, item, value, note };
    });
    this.element = h(
      "div.meters",
      {},
      h("ul", {}, ...this.rows.map(({ item }) => item)),
      this.summary,
    );
  }

  show(measured: Measured): void {
    this.measured = measured;
    for (const { row, item, value, note } of this.rows) {
      const number = measured[row.key] < ROUNDING ? 0 : measured[row.key];
      const full = number === Number.POSITIVE_INFINITY;
      value.textContent = formatNumber(number);
      item.style.setProperty("--level", String(full ? 1 : Math.min(1, number / row.most)));
      item.classList.toggle("infinite", full);
      item.classList.toggle("stuck", row.bounded && number > row.most - 1e-9);
      const stuck = row.bounded && number > row.most - 1e-9 ? this.t("maximum")() : "";
      note.textContent = this.note ? this.note(row.key, measured)() : stuck;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.say(), 700); // not at every pixel of a drag
  }

  redraw(): void {
    if (this.measured) this.show(this.measured);
  }

  private say(): void {
    if (!this.measured || !this.element.isConnected) return;
    const { kl, js, tv, em } = this.measured;
    this.summary.textContent = this.t("summary", {
      kl: formatNumber(kl),
      js: formatNumber(js),
      tv: formatNumber(tv),
      em: formatNumber(em),
    })();
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}
