import { defineConfig } from "vitest/config";

// One browser at a time: speed and long tasks are measured.
export default defineConfig({
  test: {
    include: ["browser/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
