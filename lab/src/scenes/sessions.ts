/** The halves of the scenes that run in the worker, by the scenes' names. */

import type { OpenSession } from "../scene";
import { openClipping } from "./clipping/session";
import { openLatent } from "./latent/session";
import { openRace } from "./race/session";

export const sessions: Record<string, OpenSession> = {
  race: openRace,
  clipping: openClipping,
  latent: openLatent,
};
