/** The halves of the scenes that run in the worker, by the scenes' names. */

import type { OpenSession } from "../scene";
import { openLatent } from "./latent/session";
import { openRace } from "./race/session";

export const sessions: Record<string, OpenSession> = {
  race: openRace,
  latent: openLatent,
};
