const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** 10ᵏ in Unicode. */
export const powerOfTen = (exponent: number): string =>
  `10${exponent < 0 ? "⁻" : ""}${String(Math.abs(exponent)).replace(/\d/g, (digit) => superscripts[Number(digit)]!)}`;

/** A number of a figure, with as many digits as can be read: 0.0234, 1.05, 231, 3.1 × 10⁻⁹. */
export function compact(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e5 || size < 1e-3) {
    const [mantissa, exponent] = value.toExponential(1).split("e") as [string, string];
    return `${minus(mantissa)} × ${powerOfTen(Number(exponent))}`;
  }
  return minus(value.toFixed(Math.max(0, Math.min(5, 2 - Math.floor(Math.log10(size))))));
}

/** 12,400. */
export const count = (value: number): string => value.toLocaleString("en-US").replaceAll(",", "\u202f");

/** A learning rate as people write it: 0.02, not 0.0200. */
export const rate = (value: number): string => String(Number(value.toPrecision(3)));

const minus = (text: string): string => text.replace("-", "−");
