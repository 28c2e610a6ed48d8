/** Reads a number as the page writes it: −0.5, 4.0 × 10⁻⁷, ∞. */
export function readNumber(text: string): number {
  const [, digits, power] = /(−?\d+(?:\.\d+)?|−?∞)(?: × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?/.exec(text) ?? [];
  if (!digits) return Number.NaN;
  const exponent = [...(power ?? "")]
    .map((c) => (c === "⁻" ? "-" : "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(c)))
    .join("");
  return Number(
    `${digits.replace("−", "-").replace("∞", "Infinity")}${power ? `e${exponent}` : ""}`,
  );
}
