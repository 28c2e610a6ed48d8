/** The race in the worker: it keeps the pace, and sends a frame when the last one is drawn. */

import type { OpenSession } from "../../scene";
import { type Measures, type Picture, Race } from "./race";
import { RESTARTS, type Settings, SHOWN, schema } from "./settings";

export type ToSession =
  | { type: "settings"; settings: Settings; restart: boolean }
  | { type: "advance"; steps: number } // at once, whether it plays or not
  | { type: "drawn" }; // the last frame is on the screen

export interface Sample {
  step: number;
  adversarySteps: number;
  measures: Measures[]; // the GAN's, the WGAN's
}
export interface Frame {
  race: number; // counts races
  step: number;
  adversarySteps: number;
  pictures: Picture[];
  /** Of a new race only: the real points, and the centres of the modes. */
  real?: Float32Array;
  modes?: Float32Array;
  sample?: Sample;
  stepsPerSecond: number; // NaN while it stands
}

const SLICE = 12; // ms of work between two looks at the messages
const FRAME_EVERY = 16; // ms, at the least
const FRAME_SHARE = 0.4; // of the worker's time, at the most, for pictures and measures
const SAMPLE_EVERY = 120; // ms

export const openRace: OpenSession = (send) => {
  let settings: Settings | null = null;
  let race: Race | null = null;
  let races = 0;
  let announced = 0; // the race whose real points were sent
  let waiting = false; // for "drawn"
  let changed = false; // since the last frame
  let asked = 0; // steps that a press asked for
  let nextFrame = 0;
  let nextSample = 0;
  let lastTick = 0;
  let due = 0;
  let rate = { since: 0, steps: 0, value: Number.NaN };
  let stopped = false;
  let ticking = false;
  const { port1, port2 } = new MessageChannel();
  let timer: ReturnType<typeof setTimeout> | undefined;
  port1.onmessage = () => tick();

  const running = () => settings !== null && (settings.play || asked > 0);

  function schedule(delay: number): void {
    if (stopped || ticking) return;
    ticking = true;
    if (delay > 0) timer = setTimeout(tick, delay);
    else port2.postMessage(null);
  }

  function tick(): void {
    ticking = false;
    if (stopped || !race || !settings) return;
    const begin = performance.now();
    const { still, play, speed } = settings;
    const unlimited = speed >= schema.speed.max;
    const elapsed = Math.min(begin - lastTick, 100);
    lastTick = begin;
    if (play && asked === 0)
      due = unlimited ? 1e9 : Math.min(due + (elapsed * speed) / 1000, speed);
    else due = 0;
    let worked = 0;
    while ((asked > 0 || due >= 1) && performance.now() - begin < SLICE) {
      if (still) for (let t = 0; t < settings.n_critic; t++) race.adversaryStep();
      else race.advance();
      if (asked > 0) asked--;
      else due--;
      worked++;
    }
    if (worked) changed = true;
    rate.steps += worked;
    if (begin - rate.since > 500) {
      const value = play ? (rate.steps * 1000) / (begin - rate.since) : Number.NaN;
      rate = { since: begin, steps: 0, value };
    }
    if (changed && !waiting && performance.now() >= nextFrame) sendFrame();
    if (running() || changed) schedule(asked > 0 || due >= 1 ? 0 : 8);
  }

  function sendFrame(): void {
    if (!race) return;
    const begin = performance.now();
    const pictures = race.games.map((game) => race!.picture(game));
    const frame: Frame = {
      race: races,
      step: race.step,
      adversarySteps: race.adversarySteps,
      pictures,
      stepsPerSecond: rate.value,
    };
    if (announced !== races) {
      announced = races;
      frame.real = Float32Array.from(race.real.subarray(0, 4 * SHOWN));
      frame.modes = Float32Array.from(race.modes);
    }
    if (begin >= nextSample || !running()) {
      nextSample = begin + SAMPLE_EVERY;
      const measures = race.games.map((game) => race!.measure(game));
      frame.sample = { step: race.step, adversarySteps: race.adversarySteps, measures };
    }
    waiting = true;
    changed = false;
    send(
      frame,
      pictures.flatMap(({ landscape, points, arrows, weights }) => [
        landscape.buffer,
        points.buffer,
        arrows.buffer,
        weights.buffer,
      ]),
    );
    const end = performance.now();
    nextFrame = end + Math.max(FRAME_EVERY - (end - begin), (end - begin) * (1 / FRAME_SHARE - 1));
  }

  return {
    receive(message) {
      const data = message as ToSession;
      if (data.type === "settings") {
        settings = data.settings;
        if (!race || data.restart) {
          race = new Race(settings);
          races++;
          nextSample = 0;
          nextFrame = 0;
          asked = 0;
          due = 0;
        } else race.change(settings);
        lastTick = performance.now();
        nextSample = 0;
        changed = true;
      } else if (data.type === "advance") asked += data.steps;
      else waiting = false;
      schedule(0);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      port1.close();
    },
  };
};

export { RESTARTS };
