/** The generator in the worker: the big picture first, the small ones in between. */

import { Generator, type PackedGenerator } from "../../engine/generator";
import type { OpenSession } from "../../scene";
import { farApart, LatentMap, order } from "./pictures";
import { GALLERY, type Settings } from "./settings";

export type ToSession =
  | { type: "generator"; packed: PackedGenerator }
  | { type: "layout"; settings: Settings; layout: number }
  | { type: "big"; x: number; y: number; share: number };

export type FromSession =
  | { type: "ready"; latentDim: number; multiplications: number; shape: number[] }
  | { type: "corners"; corners: number[] }
  | {
      type: "small";
      layout: number;
      indices: number[];
      pictures: Uint8Array[];
      milliseconds: number;
    }
  | { type: "big"; picture: Uint8Array; length: number; milliseconds: number };

const TIMED = 25; // pictures, of which the median is told
const SLICE = 12; // ms of work between two looks at the messages

export const openLatent: OpenSession = (send) => {
  let generator: Generator | null = null;
  let source = "";
  let settings: Settings | null = null;
  let layout = 0;
  let map: LatentMap | null = null;
  let corners: { of: string; found: number[] } | null = null;
  let queue: number[] = [];
  let big: { x: number; y: number; share: number } | null = null;
  let ticking = false;
  let stopped = false;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => tick();
  const times: number[] = [];
  const post = (message: FromSession) => send(message);

  function draw(on: Generator, latents: Float32Array): Uint8Array {
    const begin = performance.now();
    const picture = on.draw(latents);
    times.push(performance.now() - begin);
    if (times.length > TIMED) times.shift();
    return picture;
  }
  const median = () => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];

  function schedule(): void {
    if (ticking || stopped) return;
    ticking = true;
    port2.postMessage(null);
  }

  function begin(): void {
    if (!generator || !settings) return;
    map = new LatentMap(settings, generator.latentDim);
    if (settings.view === "plane") map.corners = findCorners(generator, map);
    queue = order(map);
    schedule();
  }

  /** Which pictures of the seed are the corners; the same for one generator and seed. */
  function findCorners(on: Generator, from: LatentMap): number[] {
    const of = `${source} ${from.layout.seed}`;
    if (corners?.of !== of) {
      const pictures = Array.from({ length: GALLERY }, (_, index) => draw(on, from.row(index)));
      corners = { of, found: farApart(pictures) };
    }
    post({ type: "corners", corners: corners.found });
    return corners.found;
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
      pictures.push(draw(generator, map.small(index)));
    }
    if (indices.length) post({ type: "small", layout, indices, pictures, milliseconds: median() });
    if (queue.length) schedule();
  }

  function drawBig(on: Generator, from: LatentMap, { x, y, share }: NonNullable<typeof big>): void {
    const latents = from.layout.view === "plane" ? from.onPlane(x, y) : from.onWalk(share);
    const picture = draw(on, latents);
    post({ type: "big", picture, length: Math.hypot(...latents), milliseconds: median() });
  }

  return {
    receive(message) {
      const data = message as ToSession;
      if (data.type === "generator") {
        generator = new Generator(data.packed);
        source = `${data.packed.name} ${data.packed.source}`;
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
