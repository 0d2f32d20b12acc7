"""PyHessian: one batch, so that it keeps the graph of its gradient, as its documentation advises."""

import torch
from pyhessian import hessian
from pyhessian.utils import hessian_vector_product

from .common import saved, version_of


def versions():
    return version_of("PyHessian", "torch")


def workloads(problem):
    def fresh():
        problem.model.zero_grad(set_to_none=True)
        return hessian(problem.model, problem.criterion, data=(problem.x, problem.y), cuda=False)

    def hvp_cold():
        def compute():
            h = fresh()
            return hessian_vector_product(h.gradsH, h.params, problem.probe)

        return compute, saved(problem)

    def hvp_kept():
        h = fresh()
        return lambda: hessian_vector_product(h.gradsH, h.params, problem.probe), saved(problem)

    # Its method does not say how many iterations it made.
    def top_eigenvalue(tolerance):
        return lambda: {"values": {"eigenvalue": fresh().eigenvalues(maxIter=300, tol=tolerance)[0][0]}}

    def trace(budget):
        def compute():
            samples = fresh().trace(maxIter=budget, tol=0)
            return {"values": {"trace": sum(samples) / len(samples)}, "products": len(samples)}

        return compute

    def trace_rule(**_):
        def compute():
            samples = fresh().trace()
            return {"values": {"trace": sum(samples) / len(samples)}, "products": len(samples)}

        return compute

    def density(probes, steps):
        def compute():
            fresh().density(iter=steps, n_v=probes)
            return {"values": {}, "products": probes * steps}

        return compute

    return {
        "hvp-cold": hvp_cold,
        "hvp-kept": hvp_kept,
        "top-eigenvalue": top_eigenvalue,
        "trace": trace,
        "trace-rule": trace_rule,
        "density": density,
    }
