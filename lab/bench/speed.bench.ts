/** Steps in a second of one core's time, GAN and WGAN together in lockstep; `npm run bench`. */

import { test } from "vitest";
import { Race } from "../src/scenes/race/race";
import { type Settings, schema } from "../src/scenes/race/settings";

const defaults = Object.fromEntries(
  Object.entries(schema).map(([key, field]) => [key, field.initial]),
) as Settings;

function measure(changes: Partial<Settings>): { steps: number; frame: number; measures: number } {
  const race = new Race({ ...defaults, ...changes });
  // CPU time, so that other work on the machine does not count
  const time = (work: () => void, seconds: number) => {
    const begin = process.cpuUsage();
    const used = () => {
      const { user, system } = process.cpuUsage(begin);
      return (user + system) / 1000;
    };
    let count = 0;
    while (used() < seconds * 1000) {
      work();
      count++;
    }
    return used() / count;
  };
  time(() => race.advance(), 0.7); // V8 compiles
  const step = time(() => race.advance(), 2);
  const pictures = () => race.games.map((game) => race.picture(game));
  const measures = () => race.games.map((game) => race.measure(game));
  time(pictures, 0.3);
  const frame = time(pictures, 0.5);
  time(measures, 0.3);
  return { steps: 1000 / step, frame, measures: time(measures, 0.5) };
}

test("speed", () => {
  const rows: Record<string, unknown>[] = [];
  for (const data of ["lines", "8-gaussians"] as const)
    for (const constraint of ["clip", "penalty"] as const)
      for (const n_critic of [1, 5]) {
        const found = measure({ data, constraint, n_critic });
        rows.push({
          data,
          constraint,
          n_critic,
          "steps/s": Math.round(found.steps),
          "picture, ms": Number(found.frame.toFixed(2)),
          "measures, ms": Number(found.measures.toFixed(2)),
        });
      }
  const deep = measure({ data: "8-gaussians", n_critic: 5, width: 64, depth: 4 });
  rows.push({
    data: "8-gaussians, 4 × 64",
    constraint: "clip",
    n_critic: 5,
    "steps/s": Math.round(deep.steps),
    "picture, ms": deep.frame.toFixed(1),
    "measures, ms": deep.measures.toFixed(1),
  });
  console.table(rows);
});
