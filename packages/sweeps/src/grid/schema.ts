import { z } from "zod";

const finite = z.number("expected a number");

/** Numbers from `from` to `to`, both included where a step lands on them. */
const range = z
  .strictObject({
    from: finite,
    to: finite,
    /** Equal differences. */
    step: finite.positive("expected a positive step").optional(),
    /** Equal ratios. */
    factor: finite.gt(1, "expected a factor above 1").optional(),
    /** So many numbers, `from` and `to` among them. */
    count: z.int("expected a whole number").min(2, "expected a count from 2 up").optional(),
    /** How `count` numbers are spaced; default linear. */
    spacing: z.enum(["linear", "log"], "expected linear or log").optional(),
  })
  .check((context) => {
    const { from, to, step, factor, count, spacing } = context.value;
    const fault = (message: string): void =>
      void context.issues.push({ code: "custom", message, input: context.value, path: [] });
    if ([step, factor, count].filter((value) => value !== undefined).length !== 1)
      fault("expected a range with exactly one of step, factor, count");
    if (from > to) fault(`expected from ≤ to, got ${from} and ${to}`);
    if ((factor !== undefined || spacing === "log") && from <= 0)
      fault(`expected from > 0 for equal ratios, got ${from}`);
    if (spacing !== undefined && count === undefined) fault("expected spacing only beside count");
  });

const axis = z.union(
  [z.array(z.json()).min(1, "expected at least one value"), range],
  "expected a list of values or a range",
);

/** A bound on a number. */
const condition = z.strictObject({
  above: finite.optional(),
  atLeast: finite.optional(),
  below: finite.optional(),
  atMost: finite.optional(),
});

/** A grid as it is written down. */
export const gridSchema = z.strictObject(
  {
    /** Names the sweep; for people. */
    name: z.string("expected a text").optional(),
    /** What all runs share. */
    base: z.record(z.string(), z.json(), "expected settings by name").default({}),
    /** Values by setting; a dotted name reaches inside (`model.widths`). The first axis changes slowest. */
    axes: z.record(z.string(), axis, "expected lists or ranges by name").default({}),
    /** So many seeds 1, 2, …, or these; an axis called `seed` that changes fastest. */
    seeds: z
      .union([z.int().min(1), z.array(z.int().min(0)).min(1)], "expected a count or a list of whole numbers")
      .optional(),
    /** Points that fulfil every condition of a rule are left out. */
    exclude: z
      .array(
        z.record(
          z.string(),
          z.union(
            [condition, z.array(z.json()), z.string(), finite, z.boolean(), z.null()],
            "expected a value, a list of values or a bound",
          ),
          "expected conditions by name",
        ),
        "expected a list of rules",
      )
      .default([]),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "expected settings by name" : undefined) },
);

/** A grid: what is shared, what varies, and what is left out. */
export type Grid = z.infer<typeof gridSchema>;
/** What a grid may be given as. */
export type GridInput = z.input<typeof gridSchema>;
export type Axis = Grid["axes"][string];
export type Condition = Grid["exclude"][number][string];
