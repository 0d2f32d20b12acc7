"""torch.func: forward over reverse, vmap for what is needed example by example."""

import torch
from torch.func import functional_call, grad, jacrev, jvp, vjp, vmap

from problem import noise_metrics

from .common import chunk_of, saved, version_of


def versions():
    return version_of("torch")


def workloads(problem):
    names = [name for name, _ in problem.model.named_parameters()]
    named = lambda tensors: dict(zip(names, tensors))
    point = named([p.detach() for p in problem.params])
    f = lambda p, x: functional_call(problem.model, p, (x,))
    loss = lambda p: problem.criterion(f(p, problem.x), problem.y)
    flat = lambda tensors: list(tensors.values())
    finish = lambda tensors: saved(problem)(flat(tensors))

    def gradient():
        return lambda: grad(loss)(point), finish

    def hvp_cold():
        return lambda: jvp(grad(loss), (point,), (named(problem.probe),))[1], finish

    def ggn_product():
        def compute():
            outputs = lambda p: f(p, problem.x)
            _, jv = jvp(outputs, (point,), (named(problem.probe),))
            _, pull = vjp(outputs, point)
            return pull(jv / problem.examples)[0]

        return compute, finish

    # For the norms a pass over chunks, so that the gradients of all examples are never held at once.
    def example_norms():
        one = lambda p, x, y: 0.5 * (f(p, x[None])[0] - y).square().sum()
        per_example = vmap(grad(one), in_dims=(None, 0, 0))

        def compute():
            norms = []
            for x, y in zip(problem.x.split(chunk_of(problem, 1)), problem.y.split(chunk_of(problem, 1))):
                parts = per_example(point, x, y).values()
                norms.append(sum(part.flatten(1).square().sum(1) for part in parts).sqrt())
            return torch.cat(norms)

        return compute, lambda norms: norms.numpy()

    def jacobian_gram():
        jacobian = vmap(jacrev(lambda p, x: f(p, x[None])[0]), in_dims=(None, 0), chunk_size=chunk_of(problem, problem.outputs))
        parts = jacobian(point, problem.x)
        rows = problem.examples * problem.outputs
        return sum(part.reshape(rows, -1) @ part.reshape(rows, -1).T for part in parts.values())

    def gram():
        return jacobian_gram, lambda k: k.numpy()

    def noise():
        def compute():
            k = jacobian_gram()
            with torch.no_grad():
                return {"values": noise_metrics(k, f(point, problem.x) - problem.y)}

        return compute

    return {
        "gradient": gradient,
        "hvp-cold": hvp_cold,
        "ggn-product": ggn_product,
        "example-norms": example_norms,
        "gram": gram,
        "noise": noise,
    }
