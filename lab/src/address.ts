/** The page's state in the address: #scene=race&clip=0.1&lang=zh-TW. A query is read, too. */

/** What the address asks for; in a notebook there is none, and the page says it itself. */
export function readAddress(): URLSearchParams {
  const embedded = document.querySelector<HTMLMetaElement>('meta[name="lab-state"]')?.content ?? "";
  const parameters = new URLSearchParams(embedded);
  for (const part of [location.search.slice(1), location.hash.replace(/^#\??/, "")])
    for (const [key, value] of new URLSearchParams(part)) parameters.set(key, value);
  return parameters;
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Writes the state, at most every 200 ms: browsers refuse more. */
export function writeAddress(parameters: URLSearchParams): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const query = [...new URLSearchParams(location.search).keys()].length ? location.pathname : "";
    try {
      history.replaceState(null, "", `${query}#${parameters}`);
    } catch {
      // A page inside a notebook has no address of its own.
    }
  }, 200);
}
