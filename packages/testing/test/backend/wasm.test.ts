import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { testBackend } from "@sgdscope/testing";

testBackend("wasm", () => prepareBackend("wasm"));
