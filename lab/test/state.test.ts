import { describe, expect, test } from "vitest";
import { decodePoints, encodePoints } from "../src/scenes/race/settings";
import { choice, flag, number, parseValues, Store, text, writeValues } from "../src/state";

const schema = {
  c: number(0.1, 0.001, 1, { log: true }),
  n: number(5, 1, 10, { whole: true }),
  data: choice("lines", ["lines", "moons"]),
  play: flag(true),
  drawn: text("", /^[ab]*$/),
};
const parse = (query: string) => parseValues(schema, new URLSearchParams(query));

describe("the address", () => {
  test("holds what was set, and is read again", () => {
    const store = new Store(schema, parse("").values);
    store.set({ c: 0.03, data: "moons", play: false, drawn: "ab" });
    const parameters = new URLSearchParams();
    writeValues(schema, store.values, parameters);
    expect(String(parameters)).toBe("c=0.03&data=moons&play=0&drawn=ab");
    expect(parse(String(parameters))).toEqual({ values: store.values, problems: [] });
  });

  test.each([
    ["c=NaN", "c"],
    ["c=", "c"],
    ["c=Infinity", "c"],
    ["c=2", "c"],
    ["c=0.1x", "c"],
    ["n=2.5", "n"],
    ["n=-1", "n"],
    ["data=__proto__", "data"],
    ["play=yes", "play"],
    ["drawn=xyz", "drawn"],
  ])("%s falls back, and says so", (query, key) => {
    const { values, problems } = parse(query);
    expect(values).toEqual(parse("").values);
    expect(problems.map((problem) => problem.key)).toEqual([key]);
  });
});

describe("Store", () => {
  test("keeps numbers in their range, and tells only of what changed", () => {
    const store = new Store(schema, parse("").values);
    const heard: unknown[] = [];
    const stop = store.listen((changed) => heard.push(changed));
    store.set({ c: 7, n: 3.4, data: "lines" });
    expect([store.get("c"), store.get("n")]).toEqual([1, 3]);
    store.reset({ n: 3 });
    expect(store.values).toEqual({ ...parse("").values, n: 3 });
    stop();
    store.set({ n: 9 });
    expect(heard).toEqual([["c", "n"], ["c"]]);
  });
});

test("drawn points survive the address, to half a cell", () => {
  const points = [-1.2, 1.2, 0, 0.37, -0.5, 0.9];
  const code = encodePoints(points);
  expect(code).toHaveLength(points.length);
  for (const [i, x] of decodePoints(code).entries())
    expect(Math.abs(x - points[i])).toBeLessThan(0.02);
});
