/** The scenes, in the order of the tabs. */

import type { Scene } from "../scene";
import { clipping } from "./clipping/scene";
import { distances } from "./distances/scene";
import { latent } from "./latent/scene";
import { race } from "./race/scene";

export const scenes = [race, distances, clipping, latent] as unknown as Scene[];
