/** A part of a report: prose, a figure with its claim, or a table. Strings are escaped; `svg` is trusted markup of our own. */
export type Section =
  | { kind: "text"; title?: string; paragraphs: string[] }
  | { kind: "figure"; title: string; caption: string; svg: string }
  | {
      kind: "table";
      title: string;
      headings: string[];
      rows: string[][];
      /** One a column; numbers stand right, the default. */
      align?: ("left" | "right" | undefined)[];
      caption?: string;
    }
  | { kind: "command"; title: string; command: string };

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
      return `<section>${section.title === undefined ? "" : `<h2>${escape(section.title)}</h2>`}${section.paragraphs
        .map((paragraph) => `<p>${escape(paragraph)}</p>`)
        .join("")}</section>`;
    case "figure":
      return `<section><h2>${escape(section.title)}</h2><figure>${section.svg}<figcaption>${escape(section.caption)}</figcaption></figure></section>`;
    case "table":
      return table(section);
    case "command":
      return `<section><h2>${escape(section.title)}</h2><pre><code>${escape(section.command)}</code></pre></section>`;
  }
}

function table({ title, headings, rows, align = [], caption }: Section & { kind: "table" }): string {
  const side = (column: number): string => (align[column] === "left" ? ' class="left"' : "");
  const head = headings.map((heading, k) => `<th scope="col"${side(k)}>${escape(heading)}</th>`).join("");
  const body = rows
    .map((row) => `<tr>${row.map((cell, k) => `<td${side(k)}>${escape(cell)}</td>`).join("")}</tr>`)
    .join("");
  const note = caption === undefined ? "" : `<p class="note">${escape(caption)}</p>`;
  return `<section><h2>${escape(title)}</h2><div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>${note}</section>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);
}

const styles = `
:root { --ink: #1d2129; --paper: #ffffff; --soft: #5b6472; --rule: #d9dde3; --tint: #f5f6f8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaee; --paper: #12151a; --soft: #a2abb8; --rule: #343a44; --tint: #1a1e25; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
.lead { color: var(--soft); margin: 0; font-size: 1.05rem; }
figure { margin: 0; }
figure svg { width: 100%; height: auto; display: block; }
figcaption, .note { color: var(--soft); font-size: .9rem; margin: .5rem 0 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; width: 100%; }
th, td { padding: .35rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule); }
th { font-weight: 600; color: var(--soft); }
.left { text-align: left; }
th:first-child, td:first-child { padding-left: 0; }
pre { background: var(--tint); border: 1px solid var(--rule); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto; font-size: .9rem; }
`;
