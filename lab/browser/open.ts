/** Opens the built page in Debian's Chromium. */

import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

/** The page as it ships, or another build of it. */
export const PAGE =
  process.env.LAB_PAGE ?? join(import.meta.dirname, "../../wgan_keras/lab/index.html");

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });

/** A page of the lab, and what went wrong in it. */
export async function openLab(
  browser: Browser,
  address: string,
  { width = 1400, height = 900, reducedMotion = false, path = PAGE } = {},
) {
  const page = await browser.newPage({
    viewport: { width, height },
    reducedMotion: reducedMotion ? "reduce" : "no-preference",
  });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) tasks.push(entry.duration);
    }).observe({ type: "longtask" });
  });
  await page.goto(`file://${path}#${address}`);
  await page.waitForSelector("h1");
  return { page, errors };
}

/**
 * The longest task of the page's main thread while something is done, in milliseconds of
 * processor time: other processes on the machine do not count.
 */
export async function longestTask(
  browser: Browser,
  page: Page,
  act: () => Promise<unknown>,
): Promise<number> {
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline"] });
  await act();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: { name: string; tid: number; tdur?: number; args: { name?: string } }[];
  };
  const mains = traceEvents
    .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
    .map(({ tid }) => tid);
  const tasks = traceEvents.filter(
    ({ name, tid }) => mains.includes(tid) && name.endsWith("RunTask"),
  );
  if (!tasks.length) throw new Error("The trace holds no tasks of the page.");
  return Math.max(...tasks.map(({ tdur }) => (tdur ?? 0) / 1000));
}

/** Tasks over 50 ms by the clock, on which other processes of the machine count, too. */
export const longTasks = (page: Page): Promise<number[]> =>
  page.evaluate(() => [...(window as unknown as { longTasks: number[] }).longTasks]);

/** From now on; what opened the page is not counted. */
export const forgetTasks = (page: Page): Promise<void> =>
  page.evaluate(() => {
    (window as unknown as { longTasks: number[] }).longTasks.length = 0;
  });

export const textOf = (page: Page, selector: string): Promise<string> =>
  page.textContent(selector).then((text) => text ?? "");

export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
