import { printable } from "../terminal/print.js";

/** Headings of level 3 stand inside a chapter. Default 2. */
interface Heading {
  title: string;
  level?: 2 | 3;
}

/** A part of a report: prose, a figure with its claim, or a table. Strings are escaped; `svg` is trusted markup of our own. */
export type Section =
  | ({ kind: "text"; paragraphs: string[] } & Partial<Heading>)
  | ({
      kind: "figure";
      caption: string;
      svg: string;
      /** What draws it again. */
      command?: string;
    } & Heading)
  | ({
      kind: "table";
      headings: string[];
      rows: string[][];
      /** One per column; numbers stand right, the default. */
      align?: ("left" | "right" | undefined)[];
      /** Columns whose text may run over several lines. */
      wrap?: number[];
      /** Shown when asked for only. */
      folded?: boolean;
      caption?: string;
    } & Heading)
  | ({ kind: "command"; command: string } & Heading)
  | { kind: "chapter"; id: string; title: string; lead: string }
  | { kind: "contents"; title: string; entries: { id: string; text: string; note: string; good: boolean }[] };

/** One self-contained HTML page: no script, no link to anything outside, light and dark, readable on a phone. */
export function htmlReport(title: string, subtitle: string, sections: Section[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<style>${styles}</style>
</head>
<body>
<main>
<header><h1>${escape(title)}</h1><p class="lead">${escape(subtitle)}</p></header>
${sections.map(render).join("\n")}
</main>
</body>
</html>
`;
}

function render(section: Section): string {
  switch (section.kind) {
    case "text":
      return `<section>${heading(section)}${section.paragraphs
        .map((paragraph) => `<p>${escape(paragraph)}</p>`)
        .join("")}</section>`;
    case "figure": {
      const again =
        section.command === undefined ? "" : `<p class="note">Again: <code>${escape(section.command)}</code></p>`;
      return `<section>${heading(section)}<figure>${section.svg}<figcaption>${escape(section.caption)}</figcaption></figure>${again}</section>`;
    }
    case "table":
      return table(section);
    case "command":
      return `<section>${heading(section)}<pre><code>${escape(section.command)}</code></pre></section>`;
    case "chapter":
      return `<section class="chapter" id="${escape(section.id)}"><h2>${escape(section.title)}</h2><p class="lead">${escape(section.lead)}</p></section>`;
    case "contents":
      return `<nav>${heading(section)}<ul>${section.entries
        .map(
          ({ id, text, note, good }) =>
            `<li><a href="#${escape(id)}">${escape(text)}</a> <span class="note">${good ? "✓" : "✗"} ${escape(note)}</span></li>`,
        )
        .join("")}</ul></nav>`;
  }
}

const heading = ({ title, level = 2 }: Partial<Heading>): string =>
  title === undefined ? "" : `<h${level}>${escape(title)}</h${level}>`;

function table(section: Section & { kind: "table" }): string {
  const { headings, rows, align = [], wrap = [], caption, folded } = section;
  const side = (column: number): string => {
    const classes = [...(align[column] === "left" ? ["left"] : []), ...(wrap.includes(column) ? ["wrap"] : [])];
    return classes.length === 0 ? "" : ` class="${classes.join(" ")}"`;
  };
  const head = headings.map((text, k) => `<th scope="col"${side(k)}>${escape(text)}</th>`).join("");
  const body = rows
    .map((row) => `<tr>${row.map((cell, k) => `<td${side(k)}>${escape(cell)}</td>`).join("")}</tr>`)
    .join("");
  const note = caption === undefined ? "" : `<p class="note">${escape(caption)}</p>`;
  const whole = `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>${note}`;
  return folded === true
    ? `<section><details><summary>${escape(section.title)}</summary>${whole}</details></section>`
    : `<section>${heading(section)}${whole}</section>`;
}

function escape(text: string): string {
  return printable(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);
}

const styles = `
:root { --ink: #1d2129; --paper: #ffffff; --soft: #5b6472; --rule: #d9dde3; --tint: #f5f6f8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaee; --paper: #12151a; --soft: #a2abb8; --rule: #343a44; --tint: #1a1e25; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
.chapter { border-top: 1px solid var(--rule); margin-top: 3.5rem; padding-top: .25rem; }
.chapter h2 { font-size: 1.35rem; margin-top: 1.5rem; }
nav ul { list-style: none; padding: 0; }
nav li { margin: .35rem 0; }
a { color: inherit; }
.wrap { white-space: normal; min-width: 12rem; }
summary { cursor: pointer; font-weight: 600; margin-top: 1.5rem; }
.lead { color: var(--soft); margin: 0; font-size: 1.05rem; }
figure { margin: 0; }
figure svg { width: 100%; height: auto; display: block; }
figcaption, .note { color: var(--soft); font-size: .9rem; margin: .5rem 0 0; }
/* As wide as its columns need, past the text on both sides; only what does not fit the window scrolls. */
.scroll { overflow-x: auto; position: relative; left: 50%; transform: translateX(-50%); width: max-content; min-width: 100%; max-width: min(64rem, calc(100vw - 2.5rem)); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; width: 100%; }
th, td { padding: .35rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule); }
th { font-weight: 600; color: var(--soft); }
.left { text-align: left; }
th:first-child, td:first-child { padding-left: 0; }
pre { background: var(--tint); border: 1px solid var(--rule); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto; font-size: .9rem; }
`;
