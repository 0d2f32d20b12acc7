import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/** The ink and the paper of the two kinds of page a figure stands on. */
export const themes = {
  light: { ink: "#1d2129", paper: "#ffffff" },
  dark: { ink: "#e7eaee", paper: "#12151a" },
} as const;
export type Theme = keyof typeof themes;

const file = (specifier: string): Promise<Buffer> => readFile(createRequire(import.meta.url).resolve(specifier));
const fonts = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf"];

/** The renderer and its fonts, once per process: the machine's own fonts would make the picture depend on the machine. */
let renderer: Promise<{ Resvg: typeof import("@resvg/resvg-wasm").Resvg; fontBuffers: Uint8Array[] }> | undefined;

/**
 * An SVG figure as a PNG image.
 *
 * @param svg - One `<svg>` element whose text and lines take the colour of their surroundings.
 * @param options.theme - Ink on paper or the other way round; default light.
 * @param options.scale - Pixels per CSS pixel; default 2.
 * @returns The bytes of the file, the same on every machine.
 */
export async function pngOf(svg: string, options: { theme?: Theme; scale?: number } = {}): Promise<Uint8Array> {
  const { theme = "light", scale = 2 } = options;
  renderer ??= load();
  const { Resvg, fontBuffers } = await renderer;
  const image = new Resvg(inTheme(svg, theme), {
    background: themes[theme].paper,
    fitTo: { mode: "zoom", value: scale },
    font: { fontBuffers, defaultFontFamily: "DejaVu Sans", sansSerifFamily: "DejaVu Sans" },
  });
  try {
    const rendered = image.render();
    try {
      return rendered.asPng();
    } finally {
      rendered.free();
    }
  } finally {
    image.free();
  }
}

async function load(): Promise<Awaited<NonNullable<typeof renderer>>> {
  const { initWasm, Resvg } = await import("@resvg/resvg-wasm");
  await initWasm(await file("@resvg/resvg-wasm/index_bg.wasm"));
  return { Resvg, fontBuffers: await Promise.all(fonts.map((name) => file(`dejavu-fonts-ttf/ttf/${name}`))) };
}

/** What a browser would resolve from its page: the renderer knows neither custom properties nor an inherited colour. */
function inTheme(svg: string, theme: Theme): string {
  const { ink, paper } = themes[theme];
  return svg
    .replace("<svg", `<svg color="${ink}"`)
    .replaceAll(/var\(--[\w-]+,\s*([^()]*)\)/g, (_, fallback: string) => (fallback === "#fff" ? paper : fallback));
}
