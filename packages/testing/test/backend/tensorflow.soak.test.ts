import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { testBackend } from "@sgdscope/testing";
import { describe } from "vitest";

const present = await backendsUnderTest(["tensorflow"]);
describe.skipIf(present.length === 0)("natively", () => testBackend("tensorflow", () => prepareBackend("tensorflow")));
