import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, longestTask, openLab, overflow, textOf } from "./open";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const measure = (page: Page, key: string, view = "bars") =>
  textOf(page, `.${view}-view [data-measure=${key}]`);
const all = async (page: Page, view = "bars") =>
  Promise.all(["kl", "klBack", "js", "tv", "em"].map((key) => measure(page, key, view)));

describe("the heaps", () => {
  it("stand still by four measures, while the fifth follows a move", async () => {
    const { page, errors } = await openLab(browser, "scene=distances&lang=en");
    for (const distance of ["6.000", "5.000", "4.000", "3.000"]) {
      expect(await all(page)).toEqual(["∞", "∞", "0.693", "1.000", distance]);
      await page.click("[data-action=left]");
    }
    expect(Number(await measure(page, "js"))).toBeLessThan(0.69); // now they overlap
    expect(await measure(page, "em")).toBe("2.000");
    for (let i = 0; i < 2; i++) await page.click("[data-action=left]");
    expect(await all(page)).toEqual(["0.000", "0.000", "0.000", "0.000", "0.000"]);
    expect(errors).toEqual([]);
    await page.close();
  });

  it("are changed by mouse and keys, and remembered in the address", async () => {
    const { page } = await openLab(browser, "scene=distances&lang=en");
    const bar = page.locator(".bars-view [data-bar=p0]");
    await bar.focus();
    await page.keyboard.press("ArrowUp");
    expect(await bar.getAttribute("aria-valuenow")).toBe("4");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("End");
    expect(await page.getAttribute(".bars-view [data-bar=p1]", "aria-valuenow")).toBe("10");
    const box = (await page.locator(".bars-view [data-bar=q2]").boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + 3);
    await page.mouse.down();
    const task = await longestTask(browser, page, async () => {
      for (let i = 1; i <= 20; i++)
        await page.mouse.move(box.x + box.width / 2, box.y + (box.height * i) / 25);
    });
    expect(task).toBeLessThan(50);
    await page.mouse.up();
    expect(await page.getAttribute(".bars-view [data-bar=q2]", "aria-valuenow")).toBe("8");
    await page.waitForTimeout(300);
    expect(page.url()).toContain("p=4A5000000");
    expect(page.url()).toContain("q=008000385");
    await page.click(".back");
    expect(await measure(page, "em")).toBe("6.000");
    await page.close();
  });

  it("keep some clay, whatever is dragged away", async () => {
    const { page } = await openLab(browser, "scene=distances&lang=en&p=100000000");
    await page.locator(".bars-view [data-bar=p0]").focus();
    await page.keyboard.press("Home");
    expect(await page.getAttribute(".bars-view [data-bar=p0]", "aria-valuenow")).toBe("1");
    await page.close();
  });

  it("show a worse plan, which costs more", async () => {
    const { page } = await openLab(browser, "scene=distances&lang=en&q=038500000");
    expect(await textOf(page, "[data-value=cost]")).toContain("1.00 places");
    await page.check("[data-control=plan][value=even]", { force: true });
    expect(await textOf(page, "[data-value=cost]")).toContain("just expensive");
    const words = await textOf(page, "[data-value=cost]");
    expect(Number.parseFloat(words.match(/[\d.]+/)![0])).toBeGreaterThan(1.1);
    await page.close();
  });
});

it("says why every plan costs the same between heaps that lie apart", async () => {
  const { page } = await openLab(browser, "scene=distances&lang=en&plan=even");
  const words = await textOf(page, "[data-value=cost]");
  expect(words).toContain("6.00 places");
  expect(words).toContain("to one side of P");
  await page.close();
});

it("advises what fits the view, and answers a trial above the pictures", async () => {
  const { page } = await openLab(browser, "scene=distances&lang=en");
  expect(await textOf(page, ".first")).toContain("Move Q left");
  await page.check("[data-control=view][value=cards]", { force: true });
  expect(await textOf(page, ".first")).toContain("Pull 10");
  await page.click("[data-trial='2']");
  expect(await textOf(page, ".first")).toContain("orange line");
  expect(await textOf(page, ".answer")).toContain("Earth-Mover distance");
  await page.check("[data-control=view][value=bars]", { force: true });
  expect(await textOf(page, ".answer")).toBe("");
  await page.close();
});

describe("the pools", () => {
  it("are pulled from, and the mean settles", async () => {
    const { page, errors } = await openLab(browser, "scene=distances&lang=en");
    await page.click("[data-trial='0']");
    expect(await textOf(page, "[data-value=count]")).toBe("100");
    for (const count of [1, 10, 100]) await page.click(`[data-action=pull-${count}]`);
    expect(await textOf(page, "[data-value=count]")).toBe("211");
    const task = await longestTask(browser, page, async () => {
      for (let i = 0; i < 20; i++) await page.click("[data-action=pull-100]");
    });
    expect(task).toBeLessThan(50);
    const [mean, target] = await Promise.all(
      ["mean", "target"].map((key) => textOf(page, `[data-value=${key}]`).then(Number)),
    );
    expect(Math.abs(mean - target)).toBeLessThan(0.05);
    expect(await page.locator(".card").count()).toBe(10);
    await page.click("[data-action=new-account]");
    expect(await textOf(page, "[data-value=count]")).toBe("0");
    expect(errors).toEqual([]);
    await page.close();
  });

  it("are merged by engineer M, and the mean goes to JS", async () => {
    const { page } = await openLab(browser, "scene=distances&lang=en");
    await page.click("[data-trial='1']");
    const target = Number(await textOf(page, "[data-value=target]"));
    expect(target).toBeGreaterThan(0);
    expect(target).toBeLessThan(Math.LN2);
    expect(await textOf(page, ".formula")).toContain(String(target));
    await page.close();
  });
});

describe("the lines", () => {
  it("follow a finger by the Earth-Mover distance, not by JS", async () => {
    const { page, errors } = await openLab(browser, "scene=distances&lang=en&view=lines");
    expect(await all(page, "lines")).toEqual(["∞", "∞", "0.693", "1.000", "1.500"]);
    const box = (await page.locator("canvas.lines").boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.7, box.y + 50);
    await page.mouse.down();
    const task = await longestTask(browser, page, async () => {
      for (let i = 0; i < 20; i++)
        await page.mouse.move(box.x + box.width * (0.7 - i / 200), box.y + 50);
    });
    expect(task).toBeLessThan(50);
    await page.mouse.up();
    const distance = Number(await measure(page, "em", "lines"));
    expect(distance).toBeCloseTo((2 * 0.605 - 1) * 2.25, 1);
    expect(await measure(page, "js", "lines")).toBe("0.693");
    await page.mouse.click(box.x + box.width / 2, box.y + 50);
    expect(await all(page, "lines")).toEqual(["0.000", "0.000", "0.000", "0.000", "0.000"]);
    expect(errors).toEqual([]);
    await page.close();
  });
});

it.each(["en", "zh-TW"])("fits a phone in %s", async (language) => {
  for (const view of ["bars", "cards", "lines"]) {
    const address = `scene=distances&lang=${language}&view=${view}&pulls=30`;
    const { page, errors } = await openLab(browser, address, { width: 360, height: 740 });
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(errors).toEqual([]);
    await page.close();
  }
});

it("falls back with a word where the address is bad", async () => {
  const address = "scene=distances&lang=en&p=000000000&rates_q=1.2&theta=NaN&pulls=-1";
  const { page, errors } = await openLab(browser, address);
  expect(await page.locator(".message").count()).toBe(4);
  expect(await measure(page, "em")).toBe("6.000");
  expect(errors).toEqual([]);
  await page.close();
});
