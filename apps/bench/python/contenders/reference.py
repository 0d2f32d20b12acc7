"""The answers in double precision, by routes of their own; not a contender, and not timed."""

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch.func import functional_call, jacrev, vmap

from problem import Problem, noise_metrics

from .common import version_of


def versions():
    return version_of("torch")


def workloads(single):
    problem = Problem(single.folder, torch.float64)
    params = problem.params
    kept = None

    def product(v):
        nonlocal kept
        if kept is None:
            kept = torch.autograd.grad(problem.loss(), params, create_graph=True)
        return torch.autograd.grad(kept, params, grad_outputs=v, retain_graph=True)

    def matvec(v):
        return problem.flat(product(problem.split(torch.from_numpy(np.ascontiguousarray(v)).view(-1)))).numpy()

    def jacobian():
        names = [name for name, _ in problem.model.named_parameters()]
        point = dict(zip(names, [p.detach() for p in params]))
        f = lambda p, x: functional_call(problem.model, p, (x[None],))[0]
        parts = vmap(jacrev(f), in_dims=(None, 0), chunk_size=32)(point, problem.x)
        rows = problem.examples * problem.outputs
        return [part.reshape(rows, -1) for part in parts.values()]

    gram_matrix = None

    def gram_of():
        nonlocal gram_matrix
        if gram_matrix is None:
            with torch.no_grad():
                gram_matrix = sum(part @ part.T for part in jacobian())
        return gram_matrix

    def residuals():
        with torch.no_grad():
            return problem.model(problem.x) - problem.y

    def vector(compute):
        return lambda **_: (compute, problem.from_torch)

    def ggn_product():
        outputs = problem.model(problem.x)
        dummy = torch.zeros_like(outputs, requires_grad=True)
        pulled = torch.autograd.grad(outputs, params, grad_outputs=dummy, create_graph=True)
        jv = torch.autograd.grad(pulled, dummy, grad_outputs=problem.probe, retain_graph=True)[0]
        return torch.autograd.grad(outputs, params, grad_outputs=jv / problem.examples)

    def top_eigenvalue():
        operator = LinearOperator((problem.size, problem.size), matvec=matvec, dtype=np.float64)
        start = np.random.default_rng(0).standard_normal(problem.size)
        return {"values": {"eigenvalue": float(eigsh(operator, k=1, tol=1e-8, v0=start, return_eigenvectors=False)[0])}}

    # A network of linear layers, ReLUs and average pools is linear in each layer's parameters, piece by piece: the diagonal
    # of its Hessian is that of G, whose trace is that of K.
    def trace():
        return {"values": {"trace": (gram_of().trace() / problem.examples).item()}}

    # ||H||^2 = ||Q'HQ||^2 + 2||(1-P)HQ||^2 + ||(1-P)H(1-P)||^2, the last by Hutchinson; the error bar is that of its mean.
    def norm():
        rng = np.random.default_rng(0)
        sign = lambda: rng.integers(0, 2, problem.size) * 2.0 - 1
        rank, probes = 48, 24
        basis = np.linalg.qr(np.stack([matvec(sign()) for _ in range(rank)], 1))[0]
        image = np.stack([matvec(basis[:, k]) for k in range(rank)], 1)
        core = basis.T @ image
        outside = image - basis @ core
        known = np.sum(core**2) + 2 * np.sum(outside**2)
        samples = []
        for _ in range(probes):
            v = sign()
            w = matvec(v - basis @ (basis.T @ v))
            samples.append(np.sum((w - basis @ (basis.T @ w)) ** 2))
        value = np.sqrt(known + np.mean(samples))
        error = np.std(samples, ddof=1) / np.sqrt(probes) / (2 * value)
        return {"values": {"norm": float(value), "standardError": float(error)}}

    def sgd(batch, steps, rate):
        def compute():
            problem.reset()
            for chosen in problem.batches(batch)[:steps]:
                g = torch.autograd.grad(problem.criterion(problem.model(problem.x[chosen]), problem.y[chosen]), params)
                with torch.no_grad():
                    for p, d in zip(params, g):
                        p.sub_(rate * d)
            reached = problem.from_torch(params)
            problem.reset()
            return reached

        return compute, lambda reached: reached

    def example_norms():
        with torch.no_grad():
            blocks = gram_of().reshape(problem.examples, problem.outputs, problem.examples, problem.outputs)
            own = torch.einsum("iaib->iab", blocks)
            r = residuals()
            return torch.einsum("iab,ia,ib->i", own, r, r).clamp(min=0).sqrt().numpy()

    return {
        "gradient": vector(lambda: torch.autograd.grad(problem.loss(), params)),
        "hvp-kept": vector(lambda: product(problem.probe)),
        "ggn-product": vector(ggn_product),
        "top-eigenvalue": lambda **_: top_eigenvalue,
        "trace": lambda **_: trace,
        "norm": lambda **_: norm,
        "example-norms": lambda **_: example_norms,
        "gram": lambda **_: (gram_of, lambda k: k.numpy()),
        "noise": lambda **_: lambda: {"values": noise_metrics(gram_of(), residuals())},
        "sgd": sgd,
    }
