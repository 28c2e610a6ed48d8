/** The page's state in the address: #scene=race&clip=0.1&lang=zh-TW. A query is read, too. */

/** What the address asks for; in a notebook there is none, and the page says it itself. */
export function readAddress(): URLSearchParams {
  const embedded = document.querySelector<HTMLMetaElement>('meta[name="lab-state"]')?.content ?? "";
  const parameters = new URLSearchParams(embedded);
  for (const part of [location.search.slice(1), location.hash.replace(/^#\??/, "")])
    for (const [key, value] of new URLSearchParams(part)) parameters.set(key, value);
  return parameters;
}

const DELAY = 200; // ms before a change is written
const PAUSE = 400; // ms between two writings, at the least: browsers refuse many
let waiting = false;
let written = Number.NEGATIVE_INFINITY;
let latest: URLSearchParams;

/** Writes the state, now and then while it keeps changing. */
export function writeAddress(parameters: URLSearchParams): void {
  latest = parameters;
  if (waiting) return;
  waiting = true;
  setTimeout(write, Math.max(DELAY, written + PAUSE - performance.now()));
}

function write(): void {
  waiting = false;
  written = performance.now();
  const query = [...new URLSearchParams(location.search).keys()].length ? location.pathname : "";
  try {
    history.replaceState(null, "", `${query}#${latest}`);
  } catch {
    // A page inside a notebook has no address of its own.
  }
}
