import { copyFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch, longestTask, openLab, overflow, PAGE, textOf } from "./open";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** The mean grey level of a canvas, and how much its pixels differ. */
const look = (page: Page, selector: string) =>
  page.$eval(selector, (canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const context = (canvas as HTMLCanvasElement).getContext("2d")!;
    const { data } = context.getImageData(0, 0, width, height);
    let [sum, most] = [0, 0];
    for (let i = 0; i < data.length; i += 4) {
      sum += data[i];
      most = Math.max(most, data[i]);
    }
    return { mean: sum / (data.length / 4), most };
  });
const drawn = (page: Page, least = 1) =>
  page.waitForFunction(
    (count) => Number(document.querySelector<HTMLElement>(".latent")?.dataset.drawn) >= count,
    least,
  );

it("wanders by itself, and then follows the finger without holding up the page", {
  retry: 3,
}, async () => {
  const { page, errors } = await openLab(browser, "scene=latent&lang=en");
  await drawn(page, 5);
  expect((await look(page, ".plane-view .big")).most).toBeGreaterThan(200);
  const left = await page.inputValue("#control-x");
  await page.waitForTimeout(300);
  expect(await page.inputValue("#control-x")).not.toBe(left); // the sliders follow
  const box = (await page.locator(".map").boundingBox())!;
  await page.mouse.move(box.x + 20, box.y + 20);
  await page.mouse.down();
  const task = await longestTask(browser, page, async () => {
    for (let i = 0; i < 30; i++) await page.mouse.move(box.x + 20 + i * 8, box.y + 20 + i * 4);
    await page.waitForTimeout(300);
  });
  console.log(`longest task under a finger: ${task.toFixed(1)} ms`);
  expect(task).toBeLessThan(50);
  await page.mouse.up();
  await page.waitForTimeout(400);
  expect(page.url()).toContain("drift=0");
  const before = await look(page, ".plane-view .big");
  await page.focus(".map");
  for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowDown");
  await page.waitForTimeout(300);
  expect(await look(page, ".plane-view .big")).not.toEqual(before);
  expect(await textOf(page, "[data-value=status]")).toContain("ms per picture");
  expect(errors).toEqual([]);
  await page.close();
});

it("loads weights for this scene only, and another generator when asked", async () => {
  const { page } = await openLab(browser, "scene=distances&lang=en");
  const loaded = () => page.evaluate(() => Object.keys(window.labWeights ?? {}));
  expect(await loaded()).toEqual([]);
  await page.click("[data-scene=latent]");
  await drawn(page);
  expect(await loaded()).toEqual(["mnist"]);
  const digits = await look(page, ".map");
  await page.check("[data-control=generator][value=fashion-mnist]", { force: true });
  await page.waitForFunction(() => "fashion-mnist" in (window.labWeights ?? {}));
  await page.waitForTimeout(1500);
  expect((await look(page, ".map")).mean).toBeGreaterThan(digits.mean + 10);
  await page.close();
});

it("stands still where motion is not wanted, and draws all the same", async () => {
  const { page } = await openLab(browser, "scene=latent&lang=en", { reducedMotion: true });
  await drawn(page);
  await page.waitForTimeout(500);
  expect(await page.getAttribute(".latent", "data-drawn")).toBe("1");
  expect(await page.isChecked("#control-drift")).toBe(false);
  await page.close();
});

it("walks between two pictures that are chosen", async () => {
  const { page, errors } = await openLab(browser, "scene=latent&lang=en");
  await drawn(page);
  await page.click("[data-trial='1']");
  await page.waitForTimeout(700);
  const figures = ".walk-view figure";
  const walked = await look(page, `${figures}:nth-child(1) .big`);
  const faded = await look(page, `${figures}:nth-child(2) .big`);
  expect(walked).not.toEqual(faded);
  await page.click("[data-picture='5']");
  await page.waitForTimeout(700);
  expect(page.url()).toContain("to=5");
  await page.click("[data-step='0']");
  await page.waitForTimeout(500);
  const ends = await Promise.all(
    [1, 2].map((index) => look(page, `${figures}:nth-child(${index}) .big`)),
  );
  expect(ends[0]).toEqual(ends[1]); // at its beginning, a walk is its first picture
  expect(errors).toEqual([]);
  await page.close();
});

it("becomes one picture where the latents are 0", async () => {
  const { page } = await openLab(browser, "scene=latent&lang=en&length=0&drift=0&x=0.1");
  await drawn(page);
  await page.waitForTimeout(500);
  const before = await look(page, ".plane-view .big");
  await page.focus(".map");
  for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowRight");
  await page.waitForTimeout(300);
  expect(await look(page, ".plane-view .big")).toEqual(before);
  await page.close();
});

it("says kindly that a file is missing, and tries again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lab-"));
  copyFileSync(PAGE, join(folder, "index.html"));
  const path = join(folder, "index.html");
  const { page } = await openLab(browser, "scene=latent&lang=en", { path });
  await page.waitForSelector(".missing:not([hidden])");
  expect(await textOf(page, ".missing")).toContain("mnist.js");
  copyFileSync(join(PAGE, "../mnist.js"), join(folder, "mnist.js"));
  await page.click("[data-action=retry]");
  await drawn(page);
  expect(await page.isVisible(".missing")).toBe(false);
  await page.close();
});

it.each(["en", "zh-TW"])("fits a phone in %s", async (language) => {
  for (const view of ["plane", "walk"]) {
    const address = `scene=latent&lang=${language}&view=${view}`;
    const { page, errors } = await openLab(browser, address, { width: 360, height: 740 });
    await drawn(page);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(errors).toEqual([]);
    await page.close();
  }
});

it("falls back with a word where the address is bad", async () => {
  const { page, errors } = await openLab(
    browser,
    "scene=latent&lang=en&x=NaN&generator=cats&from=3.5",
  );
  await drawn(page);
  expect(await page.locator(".message").count()).toBe(3);
  expect(errors).toEqual([]);
  await page.close();
});
