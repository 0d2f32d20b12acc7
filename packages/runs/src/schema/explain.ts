import { z } from "zod";
import { nearest } from "./nearest.js";

type Issue = z.core.$ZodIssue;
interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

/** What is wrong with a value that a schema refused, and where. */
export interface Fault {
  /** Dotted, such as `data.count`; empty for the whole. */
  path: string;
  problem: string;
}

/** A fault in one line. */
export const faultText = ({ path, problem }: Fault): string => (path === "" ? problem : `${path}: ${problem}`);

/**
 * The faults zod found, each with its place; an unknown key comes with the nearest right one.
 *
 * @param schema - The schema that refused, to know the right keys.
 * @param issues - Its issues; parse with `reportInput: true` so that they hold what came.
 */
export function explainIssues(schema: z.ZodType, issues: readonly Issue[]): Fault[] {
  const json = z.toJSONSchema(schema, { unrepresentable: "any", io: "input" }) as JsonSchema;
  return issues.flatMap((issue) => explain(json, issue, []));
}

function explain(schema: JsonSchema, issue: Issue, above: readonly PropertyKey[]): Fault[] {
  const path = [...above, ...issue.path];
  const fault = (problem: string): Fault => ({ path: path.map(String).join("."), problem });
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => {
      const right = nearest(key, known);
      return fault(
        `unknown key ${JSON.stringify(key)}; ${right === undefined ? `expected one of ${known.join(", ")}` : `did you mean ${right}?`}`,
      );
    });
  }
  // Of the alternatives, the one that fits best explains what was meant.
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const best = issue.errors.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0]!;
    if (depth(best) > 0 || best.some(({ code }) => code === "unrecognized_keys" || code === "custom"))
      return best.flatMap((each) => explain(schema, each, path));
  }
  return [fault(withValue(issue))];
}

/** A message that says what was expected also says what came, where the issue knows it (`reportInput`). */
function withValue({ message, input }: Issue): string {
  if (!message.startsWith("expected ") || message.includes(", got ")) return message;
  return `${message}, got ${shown(input)}`;
}

/** What came, as it was written; JSON has no infinities. */
const shown = (input: unknown): string =>
  input === undefined ? "nothing" : typeof input === "number" ? String(input) : JSON.stringify(input).slice(0, 60);

const depth = (issues: readonly Issue[]): number =>
  Math.max(
    0,
    ...issues.map(({ code, path }) => path.length + (code === "unrecognized_keys" || code === "custom" ? 1 : 0)),
  );

/** The keys an object may have at this place, over all alternatives. */
function keysAt(schema: JsonSchema, path: readonly PropertyKey[]): string[] {
  const alternatives = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const [head, ...rest] = path;
  if (head === undefined)
    return [
      ...new Set(
        alternatives.flatMap((each) => (each === schema ? Object.keys(each.properties ?? {}) : keysAt(each, []))),
      ),
    ];
  return [
    ...new Set(
      alternatives.flatMap((each) => {
        if (each !== schema) return keysAt(each, path);
        const next =
          typeof head === "number"
            ? each.items
            : (each.properties?.[String(head)] ??
              (typeof each.additionalProperties === "object" ? each.additionalProperties : undefined));
        return next === undefined ? [] : keysAt(next, rest);
      }),
    ),
  ];
}
