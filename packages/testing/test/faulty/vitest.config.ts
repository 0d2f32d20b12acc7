import { defineConfig } from "vitest/config";

const conditions = ["sgdscope-source", "node", "import", "module", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ["faulty/*.faulty.ts"] },
});
