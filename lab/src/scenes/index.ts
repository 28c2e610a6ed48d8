/** The scenes, in the order of the tabs. */

import type { Scene } from "../scene";
import { distances } from "./distances/scene";
import { latent } from "./latent/scene";
import { race } from "./race/scene";

export const scenes = [race, distances, latent] as unknown as Scene[];
