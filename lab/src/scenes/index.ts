/** The scenes, in the order of the tabs. */

import type { Scene } from "../scene";
import { distances } from "./distances/scene";
import { race } from "./race/scene";

export const scenes = [race, distances] as unknown as Scene[];
