/** What can be set in a scene, and how it is written in and read from the address. */

export interface NumberField {
  kind: "number";
  initial: number;
  min: number;
  max: number;
  whole?: boolean;
  log?: boolean; // whether a slider should move over decades
}
export interface ChoiceField<T extends string = string> {
  kind: "choice";
  initial: T;
  options: readonly T[];
}
export interface FlagField {
  kind: "flag";
  initial: boolean;
}
export interface TextField {
  kind: "text";
  initial: string;
  pattern: RegExp;
}
export type Field = NumberField | ChoiceField | FlagField | TextField;
export type Schema = Record<string, Field>;
export type Values<S extends Schema> = {
  [K in keyof S]: S[K] extends NumberField
    ? number
    : S[K] extends FlagField
      ? boolean
      : S[K] extends ChoiceField<infer T>
        ? T
        : string;
};

export const number = (
  initial: number,
  min: number,
  max: number,
  options: { whole?: boolean; log?: boolean } = {},
): NumberField => ({ kind: "number", initial, min, max, ...options });
export const choice = <const T extends string>(
  initial: NoInfer<T>,
  options: readonly T[],
): ChoiceField<T> => ({ kind: "choice", initial, options });
export const flag = (initial: boolean): FlagField => ({ kind: "flag", initial });
export const text = (initial: string, pattern: RegExp): TextField => ({
  kind: "text",
  initial,
  pattern,
});

/** A value of the address that could not be used. */
export interface Problem {
  key: string;
  received: string;
  expected: string;
  used: string;
}

function parseField(field: Field, raw: string): unknown {
  if (field.kind === "number") {
    const value = raw.trim() === "" ? Number.NaN : Number(raw);
    const fits = value >= field.min && value <= field.max; // NaN fails both
    return fits && (!field.whole || Number.isInteger(value)) ? value : undefined;
  }
  if (field.kind === "flag") return raw === "1" ? true : raw === "0" ? false : undefined;
  if (field.kind === "text") return field.pattern.test(raw) ? raw : undefined;
  return field.options.includes(raw) ? raw : undefined;
}

export function formatValue(value: unknown): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value);
}

function expectation(field: Field): string {
  if (field.kind === "number") return `${field.min} … ${field.max}`;
  if (field.kind === "flag") return "0, 1";
  return field.kind === "text" ? String(field.pattern) : field.options.join(", ");
}

/** Reads a scene's values; what is missing or cannot be used takes its initial value. */
export function parseValues<S extends Schema>(
  schema: S,
  parameters: URLSearchParams,
): { values: Values<S>; problems: Problem[] } {
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const [key, field] of Object.entries(schema)) {
    const raw = parameters.get(key);
    const parsed = raw === null ? field.initial : parseField(field, raw);
    values[key] = parsed ?? field.initial;
    if (parsed === undefined)
      problems.push({
        key,
        received: (raw ?? "").slice(0, 40),
        expected: expectation(field),
        used: formatValue(field.initial),
      });
  }
  return { values: values as Values<S>, problems };
}

/** Writes what differs from the initial values. */
export function writeValues<S extends Schema>(
  schema: S,
  values: Values<S>,
  parameters: URLSearchParams,
): void {
  for (const [key, field] of Object.entries(schema))
    if (values[key] !== field.initial) parameters.set(key, formatValue(values[key]));
}

/** Values that tell their listeners of every change. */
export class Store<S extends Schema> {
  private readonly listeners = new Set<(changed: (keyof S)[]) => void>();

  constructor(
    readonly schema: S,
    public values: Values<S>,
  ) {}

  get<K extends keyof S>(key: K): Values<S>[K] {
    return this.values[key];
  }

  /** Sets values; numbers are brought into their range. */
  set(changes: Partial<Values<S>>): void {
    const changed: (keyof S)[] = [];
    for (const key of Object.keys(changes) as (keyof S)[]) {
      const field = this.schema[key];
      let value: unknown = changes[key];
      if (field.kind === "number") {
        value = Math.min(field.max, Math.max(field.min, value as number));
        if (field.whole) value = Math.round(value as number);
      }
      if (value === this.values[key]) continue;
      this.values = { ...this.values, [key]: value };
      changed.push(key);
    }
    if (changed.length) for (const listener of [...this.listeners]) listener(changed);
  }

  /** Back to the initial values, but for those that are named. */
  reset(changes: Partial<Values<S>> = {}): void {
    const initial = Object.entries(this.schema).map(([key, field]) => [key, field.initial]);
    this.set({ ...(Object.fromEntries(initial) as Values<S>), ...changes });
  }

  /** @returns A function that ends the listening. */
  listen(listener: (changed: (keyof S)[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
