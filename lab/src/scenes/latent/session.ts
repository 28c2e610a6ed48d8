/** The generator in the worker: the big picture first, the small ones in between. */

import { Generator, type PackedGenerator } from "../../engine/generator";
import type { OpenSession } from "../../scene";
import { LatentMap, order } from "./pictures";
import type { Settings } from "./settings";

export type ToSession =
  | { type: "generator"; packed: PackedGenerator }
  | { type: "layout"; settings: Settings; layout: number }
  | { type: "big"; x: number; y: number; share: number };

export type FromSession =
  | { type: "ready"; latentDim: number; multiplications: number; shape: number[] }
  | { type: "small"; layout: number; indices: number[]; pictures: Uint8Array[] }
  | { type: "big"; picture: Uint8Array; length: number; milliseconds: number };

const SLICE = 12; // ms of work between two looks at the messages

export const openLatent: OpenSession = (send) => {
  let generator: Generator | null = null;
  let settings: Settings | null = null;
  let layout = 0;
  let map: LatentMap | null = null;
  let queue: number[] = [];
  let big: { x: number; y: number; share: number } | null = null;
  let ticking = false;
  let stopped = false;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => tick();
  const post = (message: FromSession) => send(message);

  function schedule(): void {
    if (ticking || stopped) return;
    ticking = true;
    port2.postMessage(null);
  }

  function begin(): void {
    if (!generator || !settings) return;
    map = new LatentMap(settings, generator.latentDim);
    queue = order(map);
    schedule();
  }

  function tick(): void {
    ticking = false;
    if (stopped || !generator || !map) return;
    if (big) drawBig(generator, map, big);
    big = null;
    const until = performance.now() + SLICE;
    const indices: number[] = [];
    const pictures: Uint8Array[] = [];
    while (queue.length && performance.now() < until) {
      const index = queue.shift()!;
      indices.push(index);
      pictures.push(generator.draw(map.small(index)));
    }
    if (indices.length) post({ type: "small", layout, indices, pictures });
    if (queue.length) schedule();
  }

  function drawBig(on: Generator, from: LatentMap, { x, y, share }: NonNullable<typeof big>): void {
    const start = performance.now();
    const latents = from.layout.view === "plane" ? from.onPlane(x, y) : from.onWalk(share);
    const picture = on.draw(latents);
    const milliseconds = performance.now() - start;
    post({ type: "big", picture, length: Math.hypot(...latents), milliseconds });
  }

  return {
    receive(message) {
      const data = message as ToSession;
      if (data.type === "generator") {
        generator = new Generator(data.packed);
        const { latentDim, shape } = generator;
        const { multiplications } = data.packed;
        post({ type: "ready", latentDim, multiplications, shape: [...shape] });
        begin();
      } else if (data.type === "layout") {
        ({ settings, layout } = data);
        begin();
      } else {
        big = data;
        schedule();
      }
    },
    stop() {
      stopped = true;
      port1.close();
    },
  };
};
