/** What a scene is. See README.md for how to add one. */

import type { Schema, Store, Values } from "./state";
import type { Strings } from "./ui/dom";

/** Words that every scene has, by the same keys. */
export type SceneWords = "name" | "title" | "lead" | "try" | "see";

/** What a scene on the page says to its session in the worker, and hears from it. */
export interface Channel {
  send(message: unknown, transfer?: Transferable[]): void;
  /** Set by the scene. */
  receive: (message: never) => void;
}

export interface SceneContext<S extends Schema> {
  store: Store<S>;
  /** To the session that the worker opened for this scene. */
  worker: Channel;
  /** Whether the reader asked for less motion: then open paused, with the point in sight. */
  reducedMotion: boolean;
}

export interface SceneView {
  /** The stage and the controls; the shell adds title, lead and the things to try. */
  element: HTMLElement;
  /** Begins anew with the present settings, after one of the trials was chosen. */
  restart?(): void;
  /** Draws again, after the language or the theme changed. */
  redraw(): void;
  /** Ends timers, observers and listeners. */
  dispose(): void;
}

export interface Scene<S extends Schema = Schema> {
  /** In the address: #scene=name. */
  name: string;
  schema: S;
  strings: Strings;
  /** Three things to try: the string's key, and what a press sets beside the initial values. */
  trials: { key: string; set: Record<string, unknown> }[];
  /** What the keys `lead`, `try` and `see` end in where the settings ask for other words. */
  variant?(values: Values<S>): string;
  mount(context: SceneContext<S>): SceneView;
}

/** The half of a scene that runs in the worker. */
export interface Session {
  receive(message: unknown): void;
  /** Ends all timers; nothing may be sent afterwards. */
  stop(): void;
}
export type OpenSession = (send: (message: unknown, transfer?: Transferable[]) => void) => Session;
