/** The worker: it holds the session of the scene that is open, and no other. */

import type { OpenSession, Session } from "./scene";
import { sessions } from "./scenes/sessions";

export type ToWorker = { open: string; id: number } | { close: true } | { message: unknown };
export interface FromWorker {
  id: number;
  message: unknown;
}

const scope = self as unknown as DedicatedWorkerGlobalScope;
let session: Session | null = null;

scope.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if ("open" in data) {
    session?.stop();
    const open: OpenSession | undefined = sessions[data.open];
    const send = (message: unknown, transfer: Transferable[] = []) =>
      scope.postMessage({ id: data.id, message } satisfies FromWorker, transfer);
    session = open ? open(send) : null;
  } else if ("close" in data) {
    session?.stop();
    session = null;
  } else session?.receive(data.message);
};
