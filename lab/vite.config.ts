import { defineConfig, type Plugin } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";
import { digestOfSources } from "./sources.ts";

/** Writes the digest of the sources into the page, so that a stale page is noticed. */
function stampSources(): Plugin {
  return {
    name: "stamp-sources",
    transformIndexHtml: () => [
      {
        tag: "meta",
        attrs: { name: "lab-sources", content: digestOfSources(import.meta.dirname) },
        injectTo: "head",
      },
    ],
  };
}

export default defineConfig({
  base: "./",
  plugins: [stampSources(), viteSingleFile()],
  worker: { format: "iife" },
  build: {
    outDir: "../wgan_keras/lab",
    emptyOutDir: false,
    target: "es2022",
    cssTarget: ["chrome117", "firefox117", "safari17"], // those that know subgrid
    modulePreload: { polyfill: false }, // there is one module only
  },
  test: { include: ["test/**/*.test.ts"], testTimeout: 60_000 },
} as import("vite").UserConfig & { test: object });
