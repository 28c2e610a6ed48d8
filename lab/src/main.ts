/** The page around the scenes: tabs, language, theme, address, messages. */

import "./style.css";
import { readAddress, writeAddress } from "./address";
import type { Scene, SceneView } from "./scene";
import { scenes } from "./scenes";
import { parseValues, Store, type Values, writeValues } from "./state";
import { strings } from "./strings";
import { forgetColours } from "./ui/canvas";
import {
  currentLanguage,
  h,
  type Language,
  refreshTexts,
  switchLanguage,
  translator,
} from "./ui/dom";
import type { FromWorker, ToWorker } from "./worker";
import LabWorker from "./worker?worker&inline";

const t = translator(strings);
const root = document.getElementById("lab")!;
const worker = new LabWorker();
const THEME = "wgan_keras lab theme"; // the key of the reader's choice in the browser
const motion = matchMedia("(prefers-reduced-motion: reduce)");

let scene: Scene;
let view: SceneView | null = null;
let store: Store<Scene["schema"]>;
let opened = 0; // counts scenes, so that the last one's late messages are not taken for ours
let languageAsked = false;
let receive: (message: never) => void = () => {};

worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
  if (data.id === opened) receive(data.message as never);
};
worker.onerror = (event) => say(t("failed", { reason: event.message || "?" }));

const post = (message: ToWorker, transfer: Transferable[] = []) =>
  worker.postMessage(message, transfer);

// === Messages to the reader ===

const messages = h("div.messages", { role: "status", "aria-live": "polite" });

function say(text: () => string): void {
  const message = h(
    "p.message",
    {},
    h("span", {}, text),
    h(
      "button.plain",
      { type: "button", "aria-label": t("dismiss"), onclick: () => message.remove() },
      "✕",
    ),
  );
  messages.append(message);
  while (messages.childElementCount > 4) messages.firstElementChild!.remove();
}

// === Address ===

function rememberState(): void {
  const parameters = new URLSearchParams({ scene: scene.name });
  if (languageAsked) parameters.set("lang", currentLanguage());
  writeValues(scene.schema, store.values, parameters);
  writeAddress(parameters);
}

function openFromAddress(): void {
  const parameters = readAddress();
  const language = parameters.get("lang");
  languageAsked = language === "en" || language === "zh-TW";
  const preferred = navigator.language.startsWith("zh") ? "zh-TW" : "en";
  setLanguage(languageAsked ? (language as Language) : preferred);
  if (language !== null && !languageAsked)
    say(t("problem", { key: "lang", received: language, expected: "en, zh-TW", used: preferred }));
  const name = parameters.get("scene");
  const found = scenes.find((one) => one.name === name);
  if (name !== null && !found)
    say(t("unknownScene", { received: name.slice(0, 40), used: scenes[0].name }));
  openScene(found ?? scenes[0], parameters);
}

// === Scenes ===

const main = h("main", { id: "scene", tabindex: -1 });
const tabs = h("nav", { "aria-label": t("scenes") });
tabs.append(
  ...scenes.map((one, index) =>
    h(
      "a",
      {
        href: `#scene=${one.name}`,
        "data-scene": one.name,
        onclick: (event) => {
          event.preventDefault();
          openScene(one, new URLSearchParams());
        },
      },
      h("span.number", { "aria-hidden": true }, index + 1),
      translator(one.strings)("name"),
    ),
  ),
);

function openScene(next: Scene, parameters: URLSearchParams): void {
  view?.dispose();
  scene = next;
  opened++;
  const { values, problems } = parseValues(scene.schema, parameters);
  store = new Store(scene.schema, values);
  store.listen(rememberState);
  post({ open: scene.name, id: opened });
  const channel = {
    send: (message: unknown, transfer?: Transferable[]) => post({ message }, transfer),
    set receive(listener: (message: never) => void) {
      receive = listener;
    },
    get receive() {
      return receive;
    },
  };
  receive = () => {};
  view = scene.mount({ store, worker: channel, reducedMotion: motion.matches });
  const words = translator(scene.strings);
  const advice = (key: "lead" | "try" | "see") => () => {
    const varied = key + (scene.variant?.(store.values) ?? "");
    return words(varied in scene.strings.en ? varied : key)();
  };
  const first = h(
    "dl.first",
    {},
    h("div", {}, h("dt", {}, t("tryFirst")), h("dd", {}, advice("try"))),
    h("div", {}, h("dt", {}, t("youWillSee")), h("dd", {}, advice("see"))),
  );
  const lead = h("p", {}, advice("lead"));
  const answer = h("div.answer", { role: "status" });
  let answered = new Set<string>(); // the settings that the answer is about
  store.listen((changed) => {
    refreshTexts(first);
    refreshTexts(lead);
    if (changed.some((key) => answered.has(key))) answer.replaceChildren();
  });
  const trials = scene.trials.map(({ key, set }, index) =>
    h(
      "button.trial",
      {
        type: "button",
        "data-trial": index,
        onclick: () => {
          store.reset(set as Partial<Values<Scene["schema"]>>);
          view?.restart?.();
          answered = new Set(Object.keys(set).concat("view", "data", "generator"));
          answer.replaceChildren(
            h("p", {}, h("strong", {}, words(key)), " ", words(key.replace("trial", "answer"))),
          );
          answer.scrollIntoView({ behavior: motion.matches ? "auto" : "smooth" });
        },
      },
      words(key),
    ),
  );
  main.replaceChildren(
    h("header.lead", {}, h("h1", {}, words("title")), lead, first),
    answer,
    view.element,
    h(
      "section.trials",
      { "aria-label": t("trials") },
      h("h2", {}, t("trials")),
      h(
        "div",
        {},
        ...trials,
        h(
          "button.back",
          {
            type: "button",
            "aria-label": t("backName"),
            onclick: () => openScene(scene, new URLSearchParams()),
          },
          h("span", { "aria-hidden": true }, "↺ "),
          t("back"),
        ),
      ),
    ),
  );
  for (const tab of tabs.children)
    if (tab.getAttribute("data-scene") === scene.name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  for (const { key, received, expected, used } of problems)
    say(t("problem", { key, received, expected, used }));
  setTitle();
  rememberState();
}

// === Language and theme ===

function setTitle(): void {
  if (scene) document.title = `${translator(scene.strings)("name")()} · ${t("brand")()}`;
}

function setLanguage(language: Language): void {
  switchLanguage(language, document.body);
  setTitle();
  view?.redraw();
}

function switchTheme(): void {
  const dark = getComputedStyle(document.documentElement).colorScheme.startsWith("dark");
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem(THEME, document.documentElement.dataset.theme);
  } catch {
    // A page in a notebook's sandbox may keep nothing.
  }
  forgetColours();
  view?.redraw();
}

function rememberedTheme(): string | null {
  try {
    return localStorage.getItem(THEME);
  } catch {
    return null;
  }
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  forgetColours();
  view?.redraw();
});
addEventListener("hashchange", openFromAddress);

async function copyLink(event: Event): Promise<void> {
  const button = event.currentTarget as HTMLButtonElement;
  let said = t("copied");
  try {
    await navigator.clipboard.writeText(location.href);
  } catch {
    said = t("copyFailed");
  }
  const label = button.querySelector("span")!;
  label.textContent = said();
  setTimeout(() => {
    label.textContent = t("copy")();
  }, 2000);
}

root.append(
  h(
    "a.skip",
    {
      href: "#scene",
      onclick: (event) => {
        event.preventDefault();
        main.focus();
      },
    },
    t("skip"),
  ),
  h(
    "header.bar",
    {},
    h("strong", {}, t("brand")),
    tabs,
    h(
      "div.tools",
      {},
      h(
        "button.plain",
        { type: "button", id: "copy", onclick: copyLink as EventListener },
        h("span", { "aria-live": "polite" }, t("copy")),
      ),
      h(
        "button.plain",
        {
          type: "button",
          id: "language",
          "aria-label": t("languageName"),
          onclick: () => {
            languageAsked = true;
            setLanguage(currentLanguage() === "en" ? "zh-TW" : "en");
            rememberState();
          },
        },
        t("language"),
      ),
      h(
        "button.plain",
        {
          type: "button",
          id: "theme",
          "aria-label": t("theme"),
          title: t("theme"),
          onclick: switchTheme,
        },
        "◐",
      ),
    ),
  ),
  messages,
  main,
);
const theme = rememberedTheme();
if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
openFromAddress();
