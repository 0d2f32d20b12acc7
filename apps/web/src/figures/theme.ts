import { signal } from "@preact/signals";

/** Colours of the figures, from Okabe and Ito's palette, which readers with any colour vision can tell apart. */
export interface Theme {
  ink: string;
  quiet: string;
  grid: string;
  /** Where η or B changed. */
  change: string;
  /** What was measured. */
  data: string;
  /** What was predicted. */
  prediction: string;
  /** Context. */
  context: string;
  /** The region where SGD cannot stay. */
  unstable: string;
  font: string;
}

const sans = 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", sans-serif';

const light: Theme = {
  ink: "#1c1d1f",
  quiet: "#5d6066",
  grid: "rgb(28 29 31 / 9%)",
  change: "rgb(28 29 31 / 30%)",
  data: "#0072b2",
  prediction: "#c04f00",
  context: "#00805d",
  unstable: "rgb(213 94 0 / 8%)",
  font: sans,
};

const dark: Theme = {
  ink: "#eceae4",
  quiet: "#a3a5a8",
  grid: "rgb(236 234 228 / 11%)",
  change: "rgb(236 234 228 / 35%)",
  data: "#56b4e9",
  prediction: "#e69f00",
  context: "#2fc39a",
  unstable: "rgb(230 159 0 / 9%)",
  font: sans,
};

const query = matchMedia("(prefers-color-scheme: dark)");

/** The theme that the reader's system asks for. */
export const theme = signal<Theme>(query.matches ? dark : light);
query.addEventListener("change", () => {
  theme.value = query.matches ? dark : light;
});
