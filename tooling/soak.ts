/** How often a fact that is dear to repeat is checked: `usual` times by `npm test`, `all` times by `npm run test:all`. */
export function repetitions(usual: number, all: number): number {
  return process.env["SGDSCOPE_TESTS"] === "all" ? all : usual;
}
