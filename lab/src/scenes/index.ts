/** The scenes, in the order of the tabs. */

import type { Scene } from "../scene";
import { race } from "./race/scene";

export const scenes = [race] as unknown as Scene[];
