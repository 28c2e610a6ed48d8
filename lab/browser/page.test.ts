import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, openLab, overflow, textOf } from "./open";

const SCENES = ["race", "distances", "clipping", "latent"];
let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** What is shown of the scene, without what is hidden. */
const visibleText = (page: Page) => page.$eval("main", (main) => (main as HTMLElement).innerText);

describe.each(SCENES)("%s", (scene) => {
  it.each([
    [360, 640],
    [1400, 900],
  ])("opens without an error, in both languages, %i pixels wide", async (width, height) => {
    const { page, errors } = await openLab(browser, `scene=${scene}&lang=en`, { width, height });
    await page.waitForTimeout(700);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    const before = await visibleText(page);
    expect(before).not.toMatch(/[\u4e00-\u9fff]/);
    expect(before).not.toContain("undefined");
    await page.click("#language");
    const after = await visibleText(page);
    expect(after).toMatch(/[\u4e00-\u9fff]{4}/);
    expect(after).not.toMatch(/[a-z]{4,} [a-z]{4,} [a-z]{4,}/); // no English sentence is left
    expect(await page.getAttribute("html", "lang")).toBe("zh-Hant-TW");
    await page.waitForFunction(() => location.hash.includes("lang=zh-TW"));
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.click("#theme");
    await page.waitForTimeout(300);
    expect(errors).toEqual([]);
    await page.close();
  });

  it("has three things to try, each of which sets something, and a way back", async () => {
    const { page, errors } = await openLab(browser, `scene=${scene}&lang=en`);
    expect(await page.locator("[data-trial]").count()).toBe(3);
    for (let index = 0; index < 3; index++) {
      await page.click(`[data-trial='${index}']`);
      await page.waitForFunction(
        (name) => location.hash.replace(/&lang=en/, "") !== `#scene=${name}`,
        scene,
      );
    }
    await page.click(".back");
    await page.waitForTimeout(350);
    expect(await textOf(page, "h1")).not.toBe("");
    expect(errors).toEqual([]);
    await page.close();
  });

  it("names every control and picture for a screen reader", async () => {
    const { page } = await openLab(browser, `scene=${scene}&lang=zh-TW`);
    await page.waitForTimeout(1200);
    const nameless = await page.evaluate(() =>
      [
        ...document.querySelectorAll<HTMLElement>(
          "button, a, input, select, canvas, [role=slider], [role=img]",
        ),
      ]
        .filter(
          (element) => element.offsetParent !== null && !element.closest("[aria-hidden=true]"),
        )
        .filter((element) => {
          const labels = (element as HTMLInputElement).labels;
          return !(
            element.getAttribute("aria-label") ||
            element.getAttribute("aria-labelledby") ||
            element.textContent?.trim() ||
            (labels?.length && labels[0].textContent?.trim())
          );
        })
        .map((element) => element.outerHTML.slice(0, 120)),
    );
    expect(nameless).toEqual([]);
    await page.close();
  });
});

describe("the address", () => {
  it("with bad values falls back, and says so in the reader's language", async () => {
    const { page, errors } = await openLab(
      browser,
      "scene=race&c=1&clip=NaN&seed=x&data=__proto__&lang=en",
    );
    const said = await page.locator(".message").allTextContents();
    expect(said).toHaveLength(3);
    expect(said.join()).toContain("clip = NaN");
    expect(said.join()).toContain("seed = x");
    await page.click("#language");
    expect(await textOf(page, ".message")).toContain("不能用");
    await page.click(".message button");
    expect(await page.locator(".message").count()).toBe(2);
    expect(errors).toEqual([]);
    await page.close();
  });

  it("may be a query, and may name what is not there", async () => {
    const { page, errors } = await openLab(browser, "");
    await page.goto(page.url().replace(/#.*/, "?scene=nowhere&lang=en&clip=NaN"));
    await page.waitForSelector(".message");
    expect(await textOf(page, ".messages")).toContain("no scene called nowhere");
    expect(await textOf(page, ".messages")).toContain("clip = NaN");
    await page.goto(page.url().replace(/[?#].*/, "#lang=xx"));
    await page.waitForSelector("h1");
    await page.waitForSelector(".message");
    expect(errors).toEqual([]);
    await page.close();
  });

  it("opens another scene when it changes, and tabs change it", async () => {
    const { page } = await openLab(browser, "scene=race&lang=en");
    const first = await textOf(page, "h1");
    await page.evaluate(() => {
      location.hash = "#scene=distances&lang=en";
    });
    await page.waitForFunction(
      (title) => document.querySelector("h1")?.textContent !== title,
      first,
    );
    await page.click("[data-scene=clipping]");
    await page.waitForFunction(() => location.hash.includes("scene=clipping"));
    expect(await page.getAttribute("[data-scene=clipping]", "aria-current")).toBe("page");
    await page.close();
  });
});

it("keeps the theme that was chosen", async () => {
  const { page } = await openLab(browser, "scene=distances&lang=en");
  const theme = () => page.getAttribute("html", "data-theme");
  await page.click("#theme");
  const chosen = await theme();
  await page.reload();
  await page.waitForSelector("h1");
  expect(await theme()).toBe(chosen);
  await page.close();
});

describe("by keyboard", () => {
  it("reaches the scene, moves a slider, and presses a button", async () => {
    const { page } = await openLab(browser, "scene=race&lang=en&play=0");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("skip");
    await page.focus("#control-clip");
    const before = await page.inputValue("#control-clip");
    await page.keyboard.press("ArrowLeft");
    expect(Number(await page.inputValue("#control-clip"))).toBeLessThan(Number(before));
    await page.focus("[data-action=play]");
    await page.keyboard.press("Space");
    await page.waitForFunction(
      () => Number(document.querySelector<HTMLElement>("[data-value=step]")?.dataset.step) > 0,
    );
    await page.close();
  });
});

describe("in a notebook", () => {
  const python = process.env.PYTHON ?? "python3";
  it.each(["race", "latent"])(
    "%s runs from the text alone, in a sandbox, without a network",
    async (scene) => {
      const code = `from wgan_keras import lab; print(lab.show(${JSON.stringify(scene)}, lang="zh-TW", seed=5)._repr_html_())`;
      const frame = execFileSync(python, ["-c", code], {
        cwd: join(import.meta.dirname, "../.."),
        encoding: "utf8",
        maxBuffer: 1e8,
      }).replace("<iframe ", '<iframe sandbox="allow-scripts" ');
      const file = join(mkdtempSync(join(tmpdir(), "lab-")), "cell.html");
      writeFileSync(file, `<!doctype html><meta charset="utf-8">${frame}`);
      const context = await browser.newContext({ offline: true });
      const page = await context.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      await page.goto(`file://${file}`);
      const inner = page.frameLocator("iframe");
      await inner.locator("h1").waitFor();
      expect(await inner.locator("html").getAttribute("lang")).toBe("zh-Hant-TW");
      if (scene === "race") {
        await inner
          .locator("[data-value=step][data-step='20']")
          .or(inner.locator("[data-value=step]:not([data-step='0'])"))
          .first()
          .waitFor({ timeout: 20_000 });
        expect(await inner.locator("#control-seed").inputValue()).toBe("5");
      } else
        await inner
          .locator(".latent[data-drawn]:not([data-drawn='0'])")
          .waitFor({ timeout: 20_000 });
      expect(errors).toEqual([]);
      await context.close();
    },
  );
});
