/** Labelled inputs for a store's fields: native elements, so that keys and screen readers work. */

import type { Schema, Store, Values } from "../state";
import { formatNumber, h, type LiveText } from "./dom";

interface Texts {
  label: LiveText;
  help?: LiveText; // one sentence below the control
}

const SLIDER_STEPS = 240;

/** A slider for a number field; over decades where the field says so. */
export function slider<S extends Schema, K extends keyof S & string>(
  store: Store<S>,
  key: K,
  { label, help }: Texts,
  format: (value: number) => string = (value) => formatNumber(value, 3),
): HTMLElement {
  const field = store.schema[key];
  if (field.kind !== "number") throw new Error(`${key} is not a number`);
  const [low, high] = field.log
    ? [Math.log(field.min), Math.log(field.max)]
    : [field.min, field.max];
  const step = field.whole && !field.log ? 1 : (high - low) / SLIDER_STEPS;
  const id = `control-${key}`;
  const input = h("input", { type: "range", id, min: low, max: high, step, "data-control": key });
  const output = h("output", { for: id });
  const show = () => {
    const value = store.get(key) as number;
    input.value = String(field.log ? Math.log(value) : value);
    output.textContent = format(value);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    const position = Number(input.value);
    const value = field.log ? Number(Math.exp(position).toPrecision(2)) : position;
    store.set({ [key]: Number(value.toPrecision(6)) } as Partial<Values<S>>);
  });
  follow(input, store, key, show);
  return h(
    "div.control",
    {},
    h("div.control-head", {}, h("label", { for: id }, label), output),
    input,
    help ? h("p.help", {}, help) : null,
  );
}

/** Buttons side by side of which one is pressed, for a choice field: radio inputs. */
export function choices<S extends Schema, K extends keyof S & string>(
  store: Store<S>,
  key: K,
  { label, help }: Texts,
  name: (option: string) => LiveText,
): HTMLElement {
  const field = store.schema[key];
  if (field.kind !== "choice") throw new Error(`${key} is not a choice`);
  const inputs = field.options.map((option) =>
    h("input", {
      type: "radio",
      name: `control-${key}`,
      value: option,
      "data-control": key,
      onchange: () => store.set({ [key]: option } as Partial<Values<S>>),
    }),
  );
  const group = h(
    "fieldset.control.choices",
    {},
    h("legend", {}, label),
    h(
      "div.options",
      {},
      ...inputs.map((input) => h("label.option", {}, input, h("span", {}, name(input.value)))),
    ),
    help ? h("p.help", {}, help) : null,
  );
  follow(group, store, key, () => {
    for (const input of inputs) input.checked = input.value === store.get(key);
  });
  return group;
}

/** A switch for a flag field. */
export function toggle<S extends Schema, K extends keyof S & string>(
  store: Store<S>,
  key: K,
  { label, help }: Texts,
): HTMLElement {
  const input = h("input", {
    type: "checkbox",
    role: "switch",
    id: `control-${key}`,
    "data-control": key,
    onchange: () => store.set({ [key]: input.checked } as Partial<Values<S>>),
  });
  follow(input, store, key, () => {
    input.checked = store.get(key) as boolean;
  });
  return h(
    "div.control.toggle",
    {},
    h("label", { for: `control-${key}` }, input, h("span", {}, label)),
    help ? h("p.help", {}, help) : null,
  );
}

/** Shows a value now and after each change, until the element has left the page. */
function follow<S extends Schema>(
  element: HTMLElement,
  store: Store<S>,
  key: keyof S,
  show: () => void,
): void {
  show();
  let shown = false;
  const stop = store.listen((changed) => {
    shown ||= element.isConnected;
    if (shown && !element.isConnected) stop();
    else if (changed.includes(key)) show();
  });
}
