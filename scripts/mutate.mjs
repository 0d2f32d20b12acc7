// `npm run mutate -- <package> [file]`: mutation tests of a package, or of one of its files (a path under src); minutes to hours.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const [name, file, ...rest] = process.argv.slice(2);
if (!name || !existsSync(`packages/${name}/src`) || rest.length > 0) {
  console.error(
    `mutate: expected the name of a package with sources, such as hessian-estimators, got ${name ?? "none"}`,
  );
  process.exit(2);
}
if (file && !existsSync(`packages/${name}/src/${file}`)) {
  console.error(`mutate: expected a path under packages/${name}/src, got ${file}`);
  process.exit(2);
}
const { status } = spawnSync(
  "npx",
  ["stryker", "run", "stryker.config.mjs", ...(file ? ["--mutate", `packages/${name}/src/${file}`] : [])],
  { stdio: "inherit", env: { ...process.env, SGDSCOPE_MUTATE: name } },
);
process.exit(status ?? 1);
