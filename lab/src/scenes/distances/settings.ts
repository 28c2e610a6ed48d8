import { choice, number, text, type Values } from "../../state";

export const PLACES = 9;
export const CLAY = 10; // the most a place holds
export const RANKS = ["N", "R", "SR", "SSR"] as const;
export const SOURCES = ["p", "q", "merged"] as const;
export type Source = (typeof SOURCES)[number];

export const schema = {
  view: choice("bars", ["bars", "cards", "lines"]),
  p: text("385000000", /^(?!0+$)[0-9A]{9}$/), // clay at each place, in base 11
  q: text("000000385", /^(?!0+$)[0-9A]{9}$/),
  plan: choice("best", ["best", "even"]),
  rates_p: text("50.30.15.5", /^(?!0+(\.0+){3}$)(\d\d?|100)(\.(\d\d?|100)){3}$/), // in percent
  rates_q: text("70.22.7.1", /^(?!0+(\.0+){3}$)(\d\d?|100)(\.(\d\d?|100)){3}$/),
  source: choice("p", SOURCES),
  pulls: number(0, 0, 10_000, { whole: true }),
  seed: number(1, 0, 9999, { whole: true }),
  theta: number(1.5, -2, 2),
};
export type DistancesSchema = typeof schema;
export type Settings = Values<DistancesSchema>;

export const decodeHeap = (code: string): number[] =>
  Array.from(code, (c) => Number.parseInt(c, 11));
export const encodeHeap = (heap: number[]): string =>
  heap.map((clay) => clay.toString(11).toUpperCase()).join("");

export const decodeRates = (code: string): number[] => code.split(".").map(Number);
export const encodeRates = (rates: number[]): string => rates.join(".");

/** A heap moved by some places; what would leave the ground stays where it is. */
export function moveHeap(heap: number[], by: number): number[] {
  const moved = heap.map((_, place) => heap[place - by] ?? 0);
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  return sum(moved) === sum(heap) ? moved : heap;
}
