import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readNumber } from "./numbers";
import { launch, longestTask, openLab } from "./open";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const verdict = (page: Page) => page.getAttribute(".verdict", "data-verdict");
const number = async (page: Page, key: string) =>
  readNumber((await page.locator(`[data-measure=${key}] td`).textContent())!);

it.each(["clip", "depth", "width"])("moves by itself until %s is touched", async (key) => {
  const { page, errors } = await openLab(browser, "scene=clipping&lang=en");
  const clip = () => page.locator("output[for=control-clip]").textContent();
  const before = await clip();
  await page.waitForTimeout(1500);
  expect(await clip()).not.toBe(before);
  await page.focus(`#control-${key}`);
  await page.keyboard.press("ArrowRight");
  expect(await page.isChecked("#control-sweep")).toBe(false);
  const touched = await clip();
  await page.waitForTimeout(500);
  expect(await clip()).toBe(touched);
  await page.waitForFunction(() => location.hash.includes("sweep=0"));
  expect(errors).toEqual([]);
  await page.close();
});

it("lets the gradient vanish, explode, or be of use", async () => {
  const { page } = await openLab(browser, "scene=clipping&lang=en");
  const settle = async () => {
    const step = "Number(document.querySelector('[data-measure=step] td')?.textContent)";
    await page.waitForFunction(`${step} < 200`);
    await page.waitForFunction(`${step} > 300`);
  };
  await page.click("[data-trial='0']");
  await settle();
  expect(await verdict(page)).toBe("vanished");
  expect(await number(page, "kSeen")).toBeLessThan(1e-6);
  await page.click("[data-trial='1']");
  await settle();
  expect(await verdict(page)).toBe("exploded");
  expect(await number(page, "kSeen")).toBeGreaterThan(1e4);
  expect(await number(page, "kSeen")).toBeLessThan(1.1 * (await number(page, "kAllowed")));
  await page.evaluate(() => {
    location.hash = "#scene=clipping&depth=1&clip=0.5&sweep=0&lang=en";
  });
  await settle();
  expect(await verdict(page)).toBe("usable");
  expect(await number(page, "scaled")).toBeLessThan(1.01 * (await number(page, "earthMover")));
  await page.close();
});

it("is set by its controls, pauses, and begins again", async () => {
  const { page } = await openLab(browser, "scene=clipping&lang=en&sweep=0&play=0");
  for (const [key, value, written] of [
    ["depth", "11", "depth=11"],
    ["width", "8", "width=8"],
    ["seed", "9", "seed="],
    ["clip", String(Math.log(0.2)), "clip="],
  ]) {
    await page.$eval(
      `#control-${key}`,
      (input, position) => {
        (input as HTMLInputElement).value = position;
        input.dispatchEvent(new Event("input", { bubbles: true }));
      },
      value,
    );
    await page.waitForFunction((text) => location.hash.includes(text), written);
  }
  expect(await number(page, "step")).toBe(0);
  await page.click("[data-action=play]");
  await page.waitForFunction(
    () => Number(document.querySelector("[data-measure=step] td")?.textContent) > 20,
  );
  await page.click("[data-action=restart]");
  await page.waitForTimeout(300);
  const label = await page.locator("canvas").nth(1).getAttribute("aria-label");
  expect(label!.split(",").length).toBeGreaterThan(11); // x and eleven layers
  await page.close();
});

it("keeps the main thread free", async () => {
  const { page } = await openLab(browser, "scene=clipping&lang=en");
  await page.waitForTimeout(1000);
  expect(await longestTask(browser, page, () => page.waitForTimeout(2500))).toBeLessThan(50);
  await page.close();
});

it("opens still where motion is not wanted", async () => {
  const { page } = await openLab(browser, "scene=clipping&lang=en", { reducedMotion: true });
  await page.waitForFunction(
    () => document.querySelector("[data-measure=step] td")?.textContent === "200",
  );
  await page.waitForTimeout(500);
  expect(await number(page, "step")).toBe(200);
  await page.close();
});
