import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Which sibling packages each room may import; the arrows of the architecture. Tests are free. */
const leaves = ["random", "linear-algebra", "array-files"];
const theory = ["noise-structure", "hessian-estimators", "stability-criterion"];
const tensors = ["compute", "autodiff", "cifar-loader", "models-rfm", "models-cnn", "sgd"];
const rooms = {
  random: [],
  "linear-algebra": [],
  "array-files": [],
  compute: [],
  autodiff: leaves,
  "cifar-loader": [],
  "models-rfm": leaves,
  "models-cnn": leaves,
  sgd: leaves,
  "noise-structure": leaves,
  "hessian-estimators": leaves,
  "stability-criterion": [...leaves, "noise-structure"],
  analysis: [...leaves, ...theory, "autodiff"],
  runs: ["array-files", "compute"],
  training: [...leaves, ...theory, ...tensors, "analysis", "runs"],
  sweeps: ["runs"],
  "result-files": ["array-files", "runs"],
  figures: ["analysis", "training"],
  experiments: [...leaves, ...theory, ...tensors, "analysis", "runs", "training", "figures"],
  testing: leaves,
};
const withoutTensors = [...leaves, "cifar-loader", ...theory, "runs", "sweeps", "result-files", "figures"];

const arrows = Object.entries(rooms).map(([room, allowed]) => ({
  files: [`packages/${room}/src/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            regex: `^@sgdscope/(?!(${[room, ...allowed].join("|")})(/|$))`,
            message: `${room} may not import this package: data flows one way through the rooms (see CONTRIBUTING.md).`,
          },
          { regex: "^sgdscope$|(^|/)apps/", message: "Nothing imports an app." },
          ...(withoutTensors.includes(room)
            ? [{ regex: "^@tensorflow/", message: `${room} works without TensorFlow.js.` }]
            : []),
        ],
      },
    ],
  },
}));

/** The theory of a minimum runs anywhere; only its source of models needs TensorFlow.js. */
const analysisOfModels = {
  files: ["packages/analysis/src/**/*.ts"],
  ignores: ["packages/analysis/src/models.ts"],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            regex: `^@tensorflow/|^@sgdscope/(?!(${["analysis", ...rooms.analysis].filter((room) => room !== "autodiff").join("|")})(/|$))`,
            message: "Only the subpath /models of analysis needs TensorFlow.js.",
          },
        ],
      },
    ],
  },
};

export default tseslint.config(
  {
    ignores: [
      "**/dist/**",
      "packages/linear-algebra/assembly/**",
      "**/node_modules/**",
      "**/.turbo/**",
      "coverage/**",
      "runs/**",
    ],
  },
  js.configs.recommended,
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [...tseslint.configs.strictTypeChecked],
    // One program for all: a project service keeps one a package in memory, more than Node has by default.
    languageOptions: {
      parserOptions: { project: ["tsconfig.json", "apps/web/tsconfig.json"], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      "@typescript-eslint/unified-signatures": "off",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      "@typescript-eslint/no-misused-spread": ["error", { allow: ["string"] }],
      "@typescript-eslint/no-meaningless-void-operator": "off",
    },
  },
  {
    files: ["packages/*/src/**/*.ts"],
    rules: {
      "no-console": "error",
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Randomness is an argument: take a `random: () => number`." },
        { property: "dataSync", message: "Read tensors with `await tensor.data()`." },
        { property: "arraySync", message: "Read tensors with `await tensor.data()`." },
      ],
    },
  },
  ...arrows,
  analysisOfModels,
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: { globals: { console: "readonly", process: "readonly", URL: "readonly", setTimeout: "readonly" } },
  },
);
