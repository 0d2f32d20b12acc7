import { gaussNewtonOperator, hessianOperator } from "@sgdscope/autodiff";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { exactTraceAndNorm } from "@sgdscope/hessian-estimators";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, it } from "vitest";
import { close, fixture, present } from "./torch-fixture.js";

// Pure JavaScript takes minutes for these; its products are compared one by one in autodiff.
const backends = await backendsUnderTest(["wasm", "tensorflow"]);

describe.skipIf(!present).each(backends)("the whole way to the threshold on %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
  });

  it("gives the exact trace and norm of the Hessian from 738 products", async () => {
    const { model, params, data, exact } = fixture("tiny_init");
    const hessian = hessianOperator(model, params, data);
    const { trace, norm } = await exactTraceAndNorm(hessian);
    close(trace.value, exact.H_trace ?? exact.G_trace, 1e-4);
    close(norm.value, exact.H_fro!, 1e-4);
    const gaussNewton = gaussNewtonOperator(model, params, data);
    const ofG = await exactTraceAndNorm(gaussNewton);
    close(ofG.trace.value, exact.G_trace, 1e-4);
    close(ofG.norm.value, exact.G_fro, 1e-4);
    hessian.dispose();
    gaussNewton.dispose();
    tf.dispose(params);
  });
});
