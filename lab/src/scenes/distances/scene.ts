/** Scene 2, distances: heaps of clay, card pools, and two lines. */

import "./distances.css";
import type { Scene, SceneContext, SceneView } from "../../scene";
import { choices } from "../../ui/controls";
import { h, translator } from "../../ui/dom";
import { mountBars } from "./bars";
import { mountCards } from "./cards";
import { mountLines } from "./lines";
import { type DistancesSchema, schema } from "./settings";
import { strings } from "./strings";

const t = translator(strings);

function mount({ store }: SceneContext<DistancesSchema>): SceneView {
  const views = {
    bars: mountBars(store, t),
    cards: mountCards(store, t),
    lines: mountLines(store, t),
  };
  const all = Object.values(views);
  const element = h(
    "div.distances",
    {},
    choices(store, "view", { label: t("view") }, (option) => t(option as "bars")),
    ...all.map((view) => view.element),
  );
  const showView = () => {
    for (const [name, view] of Object.entries(views))
      view.element.hidden = name !== store.get("view");
  };
  const stopListening = store.listen((changed) => {
    for (const view of all) if (view.keys.some((key) => changed.includes(key))) view.show();
    if (changed.includes("view")) showView();
  });
  for (const view of all) view.show();
  showView();
  return {
    element,
    redraw() {
      for (const view of all) view.redraw();
    },
    dispose() {
      stopListening();
      for (const view of all) view.dispose();
    },
  };
}

export const distances: Scene<DistancesSchema> = {
  name: "distances",
  schema,
  strings,
  trials: [
    { key: "trial1", set: { view: "cards", pulls: 100 } },
    { key: "trial2", set: { view: "cards", source: "merged", pulls: 100 } },
    { key: "trial3", set: { view: "lines" } },
  ],
  variant: ({ view }) => ({ bars: "", cards: "Cards", lines: "Lines" })[view],
  mount,
};
