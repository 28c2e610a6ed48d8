/** Two heaps of bars, one standing and one hanging, that can be dragged or moved by keys. */

import { h, type LiveText } from "../../ui/dom";

interface Options {
  most: number; // of a bar
  step: number; // of the keys PageUp and PageDown
  labels: string[]; // below the bars
  heaps: { title: LiveText; barName: (label: string) => LiveText }[]; // P and Q
  format: (value: number) => string;
  onChange: (which: 0 | 1, values: number[]) => void;
}

export class Heaps {
  readonly element: HTMLElement;
  private readonly bars: HTMLElement[][];
  private values: number[][] = [[], []];

  constructor(private readonly options: Options) {
    const { labels, most, heaps } = options;
    this.bars = heaps.map(({ barName }, which) =>
      labels.map((label, place) =>
        h(
          "div.bar-slot",
          {
            role: "slider",
            tabindex: place ? -1 : 0,
            "aria-label": barName(label),
            "aria-orientation": "vertical",
            "aria-valuemin": 0,
            "aria-valuemax": most,
            "data-bar": `${"pq"[which]}${place}`,
          },
          h("div.fill", {}),
          h("span.value", { "aria-hidden": true }),
        ),
      ),
    );
    const rows = this.bars.map((bars, which) => {
      const row = h("div.bars", {}, ...bars);
      row.classList.add(which ? "hanging" : "standing");
      this.listen(row, which as 0 | 1);
      return row;
    });
    const title = (which: 0 | 1) =>
      h("p.heap-title", {}, h("span.sample", { "aria-hidden": true }), heaps[which].title);
    this.element = h(
      "div.heaps",
      {},
      title(0),
      rows[0],
      h("div.ground", { "aria-hidden": true }, ...labels.map((label) => h("span", {}, label))),
      rows[1],
      title(1),
    );
    this.element.firstElementChild!.classList.add("p");
    this.element.lastElementChild!.classList.add("q");
    this.element.style.setProperty("--places", String(labels.length));
  }

  show(p: number[], q: number[]): void {
    this.values = [p, q];
    this.values.forEach((values, which) => {
      values.forEach((value, place) => {
        const slot = this.bars[which][place];
        const share = Math.min(1, value / this.options.most);
        slot.style.setProperty("--share", String(share));
        slot.setAttribute("aria-valuenow", String(value));
        slot.setAttribute("aria-valuetext", this.options.format(value));
        slot.children[1].textContent = this.options.format(value);
        slot.classList.toggle("high", share > 0.88);
      });
    });
  }

  private change(which: 0 | 1, changes: Map<number, number>): void {
    const next = this.values[which].map((value, place) => {
      const wanted = Math.round(changes.get(place) ?? value);
      return Math.min(this.options.most, Math.max(0, wanted));
    });
    if (next.some((value) => value > 0)) this.options.onChange(which, next); // some clay is left
  }

  private listen(row: HTMLElement, which: 0 | 1): void {
    let pointer = -1;
    let last: { place: number; value: number } | null = null;
    const at = (event: PointerEvent) => {
      const box = row.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width;
      const y = (event.clientY - box.top) / box.height;
      const place = Math.floor(x * this.bars[which].length);
      return {
        place: Math.min(this.bars[which].length - 1, Math.max(0, place)),
        value: (which ? y : 1 - y) * this.options.most,
      };
    };
    const drag = (event: PointerEvent) => {
      const now = at(event);
      const from = last ?? now;
      const changes = new Map<number, number>();
      const distance = Math.abs(now.place - from.place);
      for (let i = distance ? 1 : 0; i <= distance; i++) {
        const share = distance ? i / distance : 1;
        const place = from.place + Math.sign(now.place - from.place) * i;
        changes.set(place, from.value + share * (now.value - from.value));
      }
      last = now;
      this.change(which, changes);
    };
    row.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      pointer = event.pointerId;
      row.setPointerCapture(pointer);
      last = null;
      this.focus(which, at(event).place, true);
      drag(event);
    });
    row.addEventListener("pointermove", (event) => {
      if (event.pointerId === pointer) drag(event);
    });
    const end = (event: PointerEvent) => {
      if (event.pointerId === pointer) pointer = -1;
    };
    row.addEventListener("pointerup", end);
    row.addEventListener("pointercancel", end);
    row.addEventListener("keydown", (event) => {
      const place = this.bars[which].indexOf(event.target as HTMLElement);
      if (place < 0) return;
      const { most, step } = this.options;
      const value = this.values[which][place];
      const up = which ? "ArrowDown" : "ArrowUp"; // a hanging bar grows downwards
      const targets: Record<string, number> = {
        ArrowUp: value + (up === "ArrowUp" ? 1 : -1),
        ArrowDown: value + (up === "ArrowUp" ? -1 : 1),
        "+": value + 1,
        "-": value - 1,
        PageUp: value + step,
        PageDown: value - step,
        Home: 0,
        End: most,
      };
      if (event.key in targets) this.change(which, new Map([[place, targets[event.key]]]));
      else if (event.key === "ArrowLeft") this.focus(which, place - 1);
      else if (event.key === "ArrowRight") this.focus(which, place + 1);
      else return;
      event.preventDefault();
    });
  }

  private focus(which: 0 | 1, place: number, quiet = false): void {
    const bars = this.bars[which];
    if (!bars[place]) return;
    bars.forEach((bar, index) => {
      bar.tabIndex = index === place ? 0 : -1;
    });
    bars[place].focus({ preventScroll: quiet });
  }
}
