/** Loads a generator's weights, once, and only when they are asked for. */

import type { PackedGenerator } from "../../engine/generator";

declare global {
  interface Window {
    labWeights?: Record<string, PackedGenerator>;
  }
}

const loading = new Map<string, Promise<PackedGenerator>>();

/**
 * The weights from the page itself, as in a notebook, or from the file beside it: a script,
 * since a page that was opened from a disk may load scripts, but nothing else.
 */
export function loadWeights(name: string): Promise<PackedGenerator> {
  const here = window.labWeights?.[name];
  if (here) return Promise.resolve(here);
  let promise = loading.get(name);
  if (!promise) {
    promise = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      const fail = () => {
        loading.delete(name); // so that it can be tried again
        script.remove();
        reject(new Error(`${name}.js`));
      };
      script.src = `${name}.js`;
      script.onerror = fail;
      script.onload = () => {
        const found = window.labWeights?.[name];
        if (found) resolve(found);
        else fail();
      };
      document.head.append(script);
    });
    loading.set(name, promise);
  }
  return promise;
}
