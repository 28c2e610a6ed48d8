/** The digest of everything the page is built from; tests/test_lab.py computes it too. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FILES = ["index.html", "package-lock.json", "package.json", "sources.ts", "vite.config.ts"];

/** Hashes the sorted names and the contents of the sources below `root`. */
export function digestOfSources(root: string): string {
  const names = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  const hash = createHash("sha256");
  for (const name of [...FILES, ...names.map((n) => n.replaceAll("\\", "/"))].sort()) {
    const text = readFileSync(join(root, name));
    hash.update(`${name}\n${text.length}\n`);
    hash.update(text);
  }
  return hash.digest("hex");
}
