/** Elements, and text that follows the language. */

export type Language = "en" | "zh-TW";
/** Text that is computed again whenever the language changes. */
export type LiveText = () => string;
export type Child = Node | string | number | LiveText | null | false | undefined;
type Attribute = string | number | boolean | null | undefined | LiveText | EventListener;

let language: Language = "en";
const updates = new WeakMap<Node, (() => void)[]>();

export const currentLanguage = (): Language => language;

/** Switches at once: every live text and attribute below `root` is computed again. */
export function switchLanguage(next: Language, root: Node): void {
  language = next;
  document.documentElement.lang = next === "en" ? "en" : "zh-Hant-TW";
  refreshTexts(root);
}

/** Computes every live text and attribute below `root` again. */
export function refreshTexts(root: Node): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ALL);
  for (let node: Node | null = root; node; node = walker.nextNode())
    for (const update of updates.get(node) ?? []) update();
}

function keepLive(node: Node, update: () => void): void {
  update();
  updates.set(node, [...(updates.get(node) ?? []), update]);
}

/**
 * Makes an element. `on…` attributes are listeners; other functions are live text.
 *
 * @param tag Such as "button", or "button.primary" with classes.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K | `${K}.${string}`,
  attributes: Record<string, Attribute> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name) as HTMLElementTagNameMap[K];
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value as EventListener);
    else if (typeof value === "function")
      keepLive(element, () => element.setAttribute(key, (value as LiveText)()));
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(key, value === true && !key.startsWith("aria-") ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(element: Element, children: Child[]): void {
  for (const child of children) {
    if (child === null || child === false || child === undefined) continue;
    if (typeof child === "function") {
      const node = document.createTextNode("");
      keepLive(node, () => {
        node.data = child();
      });
      element.append(node);
    } else element.append(child instanceof Node ? child : String(child));
  }
}

/** Strings of a scene: both languages have the same keys. */
export type Strings<K extends string = string> = Record<Language, Record<K, string>>;

/**
 * Makes the function that looks strings up: `t("title")` is live text; `{name}` in a string
 * is replaced by a value, which may be live itself.
 */
export function translator<K extends string>(strings: Strings<K>) {
  return (key: K, values: Record<string, string | number | LiveText> = {}): LiveText =>
    () =>
      strings[language][key].replace(/\{(\w+)\}/g, (_, name) => {
        const value = values[name];
        return typeof value === "function" ? value() : String(value);
      });
}
export type Translate<K extends string = string> = ReturnType<typeof translator<K>>;

/** A number for people: a few digits, a real minus sign, 1.2 × 10⁻⁵ where it is tiny. */
export function formatNumber(value: number, digits = 3): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e5)) {
    const exponent = Math.floor(Math.log10(size) + 1e-9);
    const power = [...String(exponent)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[+c])).join("");
    return `${(value / 10 ** exponent).toFixed(1)} × 10${power}`.replace("-", "−");
  }
  const decimals = size >= 100 ? 0 : size >= 10 ? Math.max(0, digits - 2) : digits;
  return value.toFixed(decimals).replace("-", "−");
}
