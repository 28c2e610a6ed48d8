import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readNumber } from "./numbers";
import { launch, longestTask, openLab } from "./open";

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

const stepOf = (page: Page) =>
  page.$eval("[data-value=step]", (element) => Number((element as HTMLElement).dataset.step));
const reach = (page: Page, step: number) =>
  page.waitForFunction(
    (least) =>
      Number(document.querySelector<HTMLElement>("[data-value=step]")?.dataset.step) >= least,
    step,
    { timeout: 90_000 },
  );
/** The numbers of a row of the table: the GAN's and the WGAN's. */
const measured = async (page: Page, key: string) =>
  (await page.locator(`[data-measure=${key}] td`).allTextContents()).map(readNumber);
const set = (page: Page, key: string, value: number) =>
  page.$eval(
    `input[type=range][data-control=${key}]`,
    (input, position) => {
      (input as HTMLInputElement).value = String(position);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    },
    value,
  );

describe("the race", () => {
  it("opens moving, and on two lines the Earth-Mover distance falls while the GAN's JS stays", async () => {
    const { page, errors } = await openLab(browser, "scene=race&lang=en&speed=300");
    await reach(page, 1);
    await page.waitForFunction(
      () => !document.querySelector("[data-measure=js] td")?.textContent?.includes("–"),
    );
    const [, before] = await measured(page, "earthMover");
    await reach(page, 500);
    await page.click("[data-action=play]");
    await page.waitForTimeout(500);
    for (const key of ["js", "earthMover", "estimate", "arrowLength", "judged"])
      for (const value of await measured(page, key)) expect(Number.isFinite(value)).toBe(true);
    const [gan, wgan] = await measured(page, "earthMover");
    expect(wgan).toBeLessThan(0.2);
    expect(wgan).toBeLessThan(before);
    expect(gan).toBeGreaterThan(1);
    expect((await measured(page, "js"))[0]).toBeCloseTo(Math.LN2, 2);
    expect(errors).toEqual([]);
    await page.close();
  });

  it("pauses, takes one step, plays and restarts", async () => {
    const { page } = await openLab(browser, "scene=race&lang=en&play=0");
    await page.waitForTimeout(500);
    expect(await stepOf(page)).toBe(0);
    await page.click("[data-action=step]");
    await reach(page, 1);
    await page.waitForTimeout(300);
    expect(await stepOf(page)).toBe(1);
    await page.click("[data-action=play]");
    await reach(page, 5);
    await page.click("[data-action=play]");
    await page.waitForTimeout(300);
    await page.click("[data-action=restart]");
    await page.waitForTimeout(500);
    expect(await stepOf(page)).toBe(0);
    await page.close();
  });

  it("is set by every control, and the address says so", async () => {
    const { page, errors } = await openLab(browser, "scene=race&lang=en&play=0");
    const inAddress = async (wanted: string) => {
      await page.waitForFunction((text) => location.hash.includes(text), wanted);
    };
    for (const [key, value] of [
      ["data", "moons"],
      ["gan_loss", "non-saturating"],
      ["constraint", "penalty"],
      ["optimizer", "adam"],
    ]) {
      await page.locator(`input[data-control=${key}][value=${value}]`).check({ force: true });
      await inAddress(`${key}=${value}`);
    }
    expect(await page.isVisible("#control-clip")).toBe(false); // belongs to clipping
    expect(await page.isVisible("#control-beta1")).toBe(true); // belongs to Adam
    await page.locator("input[data-control=constraint][value=clip]").check({ force: true });
    await page.locator("input[data-control=still]").check();
    await inAddress("still=1");
    for (const [key, wanted] of [
      ["clip", 0.03],
      ["n_critic", 2],
      ["beta1", 0.9],
      ["generator_rate", 0.001],
      ["adversary_rate", 0.002],
      ["width", 16],
      ["depth", 3],
      ["seed", 700],
      ["speed", 100],
    ] as const) {
      const logarithmic = ["clip", "generator_rate", "adversary_rate", "speed"].includes(key);
      await set(page, key, logarithmic ? Math.log(wanted) : wanted);
      await inAddress(`${key}=`);
      const written = Number(new URLSearchParams(new URL(page.url()).hash.slice(1)).get(key));
      expect(Math.abs(written / wanted - 1)).toBeLessThan(0.05); // a slider moves in steps
    }
    // another reader's page, from this address, is set alike
    const address = new URL(page.url()).hash.slice(1);
    const { page: other } = await openLab(browser, address);
    for (const key of ["clip", "n_critic", "width", "depth", "beta1"])
      expect(await other.inputValue(`#control-${key}`)).toBe(
        await page.inputValue(`#control-${key}`),
      );
    expect(await other.isChecked("input[data-control=data][value=moons]")).toBe(true);
    expect(await other.isChecked("input[data-control=still]")).toBe(true);
    expect(errors).toEqual([]);
    await page.close();
    await other.close();
  });

  it("does with c, loss and constraint what they say", async () => {
    const run = async (settings: string) => {
      const { page } = await openLab(browser, `scene=race&lang=en&speed=300&${settings}`);
      await reach(page, 40);
      await page.click("[data-action=play]");
      await page.waitForTimeout(600);
      const help = (await page.locator(".numbers .help").textContent())!;
      const steepest = readNumber(help.split(":").pop()!);
      const [arrow] = await measured(page, "arrowLength");
      await page.close();
      return { steepest, arrow };
    };
    const [narrow, wide, penalty, practice] = [
      await run("clip=0.03"),
      await run("clip=0.3"),
      await run("constraint=penalty"),
      await run("gan_loss=non-saturating"),
    ];
    expect(wide.steepest).toBeGreaterThan(20 * narrow.steepest);
    expect(penalty.steepest).toBeGreaterThan(0.5);
    expect(penalty.steepest).toBeLessThan(2);
    expect(narrow.arrow).toBeLessThan(1e-3); // log(1 − D) has vanished
    expect(practice.arrow).toBeGreaterThan(0.1);
  });

  it("trains the adversaries to their best while the generators stand still", async () => {
    const { page } = await openLab(browser, "scene=race&lang=en&play=1");
    await page.locator("[data-trial='0']").click();
    await page.waitForFunction(
      () =>
        /adversary step [4-9]\d{2}|adversary step \d{4}/.test(
          document.querySelector("[data-value=step]")?.textContent ?? "",
        ),
      null,
      { timeout: 60_000 },
    );
    await page.waitForTimeout(400);
    expect(await stepOf(page)).toBe(0);
    const judged = (await page.locator("[data-measure=judged] td").first().textContent())!;
    const [onReal, onGenerated] = judged.split(" / ").map(readNumber);
    expect(onReal).toBeGreaterThan(0.99); // D is sure of both
    expect(onGenerated).toBeLessThan(0.01);
    await page.close();
  });

  it("takes what the reader draws, and keeps it in the address", async () => {
    const { page } = await openLab(browser, "scene=race&lang=en&data=drawn&play=0");
    await page.waitForTimeout(400);
    const box = (await page.locator(".landscape").first().boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
    await page.mouse.down();
    for (let i = 0; i <= 10; i++)
      await page.mouse.move(box.x + box.width * (0.3 + 0.04 * i), box.y + box.height * 0.3);
    await page.mouse.up();
    await page.waitForFunction(() => /drawn=\w{12,}/.test(location.hash));
    await page.click("[data-action=step]");
    await reach(page, 1);
    await page.click("[data-action=clear]");
    await page.waitForFunction(() => !location.hash.includes("drawn="));
    await page.close();
  });

  it("keeps the main thread free", async () => {
    const { page } = await openLab(browser, "scene=race&lang=en&data=8-gaussians&speed=300");
    await reach(page, 20);
    const longest = await longestTask(browser, page, () => page.waitForTimeout(3000));
    console.log(`longest task of the main thread: ${longest.toFixed(1)} ms`);
    expect(longest).toBeLessThan(50);
    await page.close();
  });

  it("opens still where motion is not wanted, with its point in sight", async () => {
    const { page } = await openLab(browser, "scene=race&lang=en", { reducedMotion: true });
    await reach(page, 150);
    await page.waitForTimeout(600);
    expect(await stepOf(page)).toBe(150);
    const [gan, wgan] = await measured(page, "earthMover");
    expect(wgan).toBeLessThan(0.2);
    expect(gan).toBeGreaterThan(1);
    await page.click("[data-action=play]");
    await reach(page, 155);
    await page.close();
  });

  it("does not grow while it runs, neither the page nor its worker", async () => {
    const { page } = await openLab(browser, "scene=race&lang=en&speed=300&data=8-gaussians");
    const session = await page.context().newCDPSession(page);
    const ofWorker = await talkToWorker(session);
    /** Live objects and arrays in MB, once the garbage is collected. A frame that is being
     * drawn at that moment holds up to 2 MB more, so the least of five readings counts. */
    const memory = async () => {
      const least = [Infinity, Infinity];
      for (let reading = 0; reading < 5; reading++) {
        await session.send("HeapProfiler.collectGarbage");
        await ofWorker("HeapProfiler.collectGarbage");
        const inPage = (await session.send("Runtime.getHeapUsage")) as Usage;
        const inWorker = (await ofWorker("Runtime.getHeapUsage")) as Usage;
        for (const [index, used] of [inPage, inWorker].entries()) {
          const live = (used.usedSize + used.backingStorageSize) / 1e6;
          least[index] = Math.min(least[index], live);
        }
        await page.waitForTimeout(300);
      }
      return least;
    };
    await page.waitForTimeout(8000); // until all code is compiled
    const before = await memory();
    await page.waitForTimeout(Number(process.env.LAB_MEMORY_SECONDS ?? 20) * 1000);
    const after = await memory();
    console.log("memory in MB, of page and worker:", before, after);
    for (const index of [0, 1]) {
      expect(before[index]).toBeGreaterThan(0.5);
      expect(after[index] - before[index]).toBeLessThan(1.5);
    }
    await page.close();
  });
});

interface Usage {
  usedSize: number;
  backingStorageSize: number;
}

/** Returns a function that asks the page's worker by the browser's debugging protocol. */
async function talkToWorker(session: CDPSession): Promise<(method: string) => Promise<unknown>> {
  const answers = new Map<number, (result: unknown) => void>();
  const found = new Promise<string>((resolve) => {
    session.on("Target.attachedToTarget", ({ targetInfo, sessionId }) => {
      if (targetInfo.type === "worker") resolve(sessionId);
    });
  });
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id, result } = JSON.parse(message);
    answers.get(id)?.(result);
  });
  const options = { autoAttach: true, waitForDebuggerOnStart: false, flatten: false };
  await session.send("Target.setAutoAttach", options);
  const sessionId = await found;
  let id = 0;
  return (method) =>
    new Promise((resolve) => {
      answers.set(++id, resolve);
      const message = JSON.stringify({ id, method });
      session.send("Target.sendMessageToTarget", { sessionId, message });
    });
}
