import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { testBackend } from "@sgdscope/testing";
import { describe } from "vitest";

const present = await backendsUnderTest(["webgpu"]);
const rough = "WGSL promises it to 2⁻¹¹ only, and a device may take that at its word";
describe.skipIf(present.length === 0)("through Dawn", () =>
  testBackend("webgpu", () => prepareBackend("webgpu"), { except: { sin: rough, cos: rough } }),
);
