/** The critic in the worker: it trains as long as the scene plays. */

import type { OpenSession } from "../../scene";
import { ClippedCritic, type Findings } from "./critic";
import type { Settings } from "./settings";

export type ToSession =
  | { type: "settings"; settings: Settings; restart: boolean }
  | { type: "train"; steps: number } // at once, whether it plays or not
  | { type: "drawn" };
export interface Frame extends Findings {
  heaps?: { real: Float32Array; generated: Float32Array };
}

const EVERY = 16; // ms between two turns
const WORK = 8; // ms of training in one of them, at the most
const STEPS = 6; // in one of them, at the most

export const openClipping: OpenSession = (send) => {
  let settings: Settings | null = null;
  let critic: ClippedCritic | null = null;
  let waiting = false;
  let changed = false;
  let announced = false;
  let asked = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  function turn(): void {
    timer = undefined;
    if (stopped || !critic || !settings) return;
    const end = performance.now() + WORK;
    let steps = settings.play ? STEPS : 0;
    while ((steps > 0 || asked > 0) && performance.now() < end) {
      critic.train();
      changed = true;
      if (asked > 0) asked--;
      else steps--;
    }
    if (changed && !waiting) {
      const frame: Frame = critic.look();
      if (!announced)
        frame.heaps = {
          real: Float32Array.from(critic.real),
          generated: Float32Array.from(critic.generated),
        };
      announced = waiting = true;
      changed = false;
      send(frame, [frame.scores.buffer]);
    }
    if (settings.play || asked || changed) schedule();
  }

  function schedule(): void {
    timer ??= setTimeout(turn, EVERY);
  }

  return {
    receive(message) {
      const data = message as ToSession;
      if (data.type === "settings") {
        settings = data.settings;
        if (!critic || data.restart) {
          critic = new ClippedCritic(settings);
          announced = false;
          asked = 0;
        }
        critic.clip = settings.clip;
        changed = true;
      } else if (data.type === "train") asked += data.steps;
      else waiting = false;
      schedule();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
};
