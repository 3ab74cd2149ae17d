"""Times slmsam and PyTorch on the same shapes, in turn, and prints ratios.

    python3 peer.py path/to/slmsam [--rounds 2] [--threads 2] [--bf16] [--only train-256,slice-512,slice-1024]

needs torch (CPU) and nothing else of it than its kernels. It is no second implementation: PyTorch runs the kernels of a slice or
of a training step one by one, on random numbers of the same shapes, each as often as the model does, without the copies between
layouts, without reading weights anew and without the overhead of building a graph. So its time is a lower bound for a model in
PyTorch, and a ratio below 1 says that slmsam is faster than that.

train-256   a training step of tiny at 256, one clip of 4 slices with one object. Which kernels there are slmsam says itself
            (train --bench --kernels --json); copies, fills, unfolded patches and resampling are left out for PyTorch.
slice-N     a slice of tiny at N x N with full banks (M7+R1): the products and attentions of encoder, memory attention, fuser and
            memory encoder, nothing else; slmsam's time is that of `slmsam bench`, the decoder included.

Seconds are by the clock; processor seconds count where other programs use the same cores, with --threads 1: PyTorch's threads
count while they wait. Of several rounds the fastest counts.
"""
import argparse
import json
import re
import subprocess
import tempfile
import time

import torch
import torch.nn.functional as F


def best(run, times):
    """The fastest of `times` calls: (seconds, processor seconds)."""
    run()
    out = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        out.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(w for w, _ in out), min(c for _, c in out)


def gradient(y, *inputs):
    """A call that differentiates y, again and again."""
    dy = torch.randn_like(y)
    return lambda: torch.autograd.grad(y, inputs, dy, retain_graph=True)


def leaf(*shape):
    return torch.randn(*shape, dtype=DTYPE, requires_grad=True)


def kernel(name, shape):
    """PyTorch's form of a kernel of slmsam, None for what is left out."""
    n = [int(x) for x in re.findall(r"\d+", shape)]
    r = lambda *s: torch.randn(*s, dtype=DTYPE)
    if name.startswith("MatMul"):
        b, m, cols, k = n[:4]
        x = r(b, k, m).transpose(1, 2) if "A^T" in name else r(b, m, k)
        w = r(b, cols, k).transpose(1, 2) if "B^T" in name else r(b, k, cols)
        if b == 1:
            x, w = x[0], w[0]
        if "add true" in shape:
            c = r(m, cols) if b == 1 else r(b, m, cols)
            return lambda: c.addmm_(x, w) if b == 1 else c.baddbmm_(x, w)
        if "bias true" in shape and b == 1:
            bias = r(cols)
            return lambda: torch.addmm(bias, x, w)
        return lambda: x @ w
    if name.startswith("Attention"):
        b, h, q, k, d, dv = n
        x, y, v = leaf(b, h, q, d), leaf(b, h, k, d), leaf(b, h, k, dv)
        if name == "Attention":
            return lambda: F.scaled_dot_product_attention(x.detach(), y.detach(), v.detach())
        return gradient(F.scaled_dot_product_attention(x, y, v), x, y, v)
    if name.startswith("LayerNorm"):
        x, gamma, beta = leaf(*n), leaf(n[1]), leaf(n[1])
        if name == "LayerNorm":
            return lambda: F.layer_norm(x.detach(), (n[1],), gamma.detach(), beta.detach())
        return gradient(F.layer_norm(x, (n[1],), gamma, beta), x, gamma, beta)
    if name.startswith("DepthwiseConv"):
        b, h, w, c = n
        x, weight, bias = leaf(b, c, h, w), leaf(c, 1, 7, 7), leaf(c)
        image = x.contiguous(memory_format=torch.channels_last)
        if name == "DepthwiseConv":
            return lambda: F.conv2d(image.detach(), weight.detach(), bias.detach(), padding=3, groups=c)
        return gradient(F.conv2d(image, weight, bias, padding=3, groups=c), image, weight, bias)
    for function, f in (("GELU", F.gelu), ("ReLU", F.relu), ("sigmoid", torch.sigmoid)):
        if name == "Map " + function:
            x = r(n[0])
            return lambda: f(x)
        if name == "MapBackward " + function:
            x = leaf(n[0])
            return gradient(f(x), x)
    if name.startswith("Zip"):
        x, y = r(n[0] * n[1] * n[2]), r(n[0] * n[1] * n[2])
        return (lambda: x + y) if name == "Zip add" else (lambda: x * y)
    if name == "Sum":
        x = r(*n)
        return lambda: x.sum(1)
    if name == "AdamW":
        p = torch.randn(n[0], requires_grad=True)
        p.grad = torch.randn(n[0])
        return torch.optim.AdamW([p], fused=True).step
    return None


def torch_step(kernels, times):
    """Seconds of a step that runs the listed kernels (name, shape, calls)."""
    wall = cpu = 0.0
    for name, shape, calls in kernels:
        run = kernel(name, shape)
        if run is not None:
            w, c = best(run, times)
            wall, cpu = wall + calls * w, cpu + calls * c
    return wall, cpu


def slice_kernels(side):
    """The large kernels of a slice of tiny with full banks, as slmsam names them."""
    g = (side // 16) ** 2  # tokens of the memory
    products, attentions = [], []
    for tokens, c, often in ((16 * g, 96, 1), (4 * g, 192, 2), (g, 384, 7), (g // 4, 768, 2)):  # Hiera-T
        products += [(tokens, c, 3 * c, often), (tokens, c, c, often), (tokens, c, 4 * c, often), (tokens, 4 * c, c, often)]
    products += [(16 * g, 147, 96, 1), (16 * g, 96, 256, 1), (4 * g, 192, 256, 1), (g, 384, 256, 1), (g // 4, 768, 256, 1)]
    windows = -(-(side // 16) // 14) ** 2
    attentions += [(g // 4, 1, 64, 64, 96, 1), (g // 4, 2, 16, 64, 96, 1), (g // 4, 2, 16, 16, 96, 1), (windows, 4, 196, 196, 96, 4),
                   (1, 4, g, g, 96, 3), (windows, 8, 49, 49, 96, 2)]
    for keys in (7 * g + 64, g + 4):  # long and short memory attention, four layers each
        products += [(g, 256, 256, 24), (keys, 64, 256, 8), (g, 256, 2048, 4), (g, 2048, 256, 4)]
        attentions += [(1, 1, g, g, 256, 4), (1, 1, g, keys, 256, 4)]
    products += [(g, 256, 1024, 2), (g, 1024, 256, 2)]  # fuser
    products += [(g, 576, 256, 1), (g, 256, 256, 2), (g, 256, 1024, 2), (g, 1024, 256, 2), (g, 256, 64, 1)]  # memory encoder
    out = [("MatMul A.B", f"1 x {m}x{n}x{k} bias true", often) for m, k, n, often in products]
    return out + [("Attention", f"{b} x {h} heads, {q}x{k}, {d}, {d}", often) for b, h, q, k, d, often in attentions]


def slmsam(*args):
    """Runs slmsam with --json and returns its answer."""
    done = subprocess.run([ARGS.slmsam, *args, "--device", "cpu", "--threads", str(ARGS.threads), "--json", "-q"],
                          check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def report(name, ours, theirs):
    wall, cpu = (min(x[i] for x in ours) for i in (0, 1))
    twall, tcpu = (min(x[i] for x in theirs) for i in (0, 1))
    print(f"{name:12s} slmsam {wall:7.3f} s ({cpu:7.3f} processor)   PyTorch {twall:7.3f} s ({tcpu:7.3f} processor)   "
          f"ratio {wall / twall:.2f} ({cpu / tcpu:.2f})", flush=True)


def train_step():
    steps = 4
    command = ["train", "generated", "--init", "fresh", "--model", "tiny", "--recipe", RECIPE.name, "--resolution", "256",
               "--batch", "1", "--bench", str(steps), *PRECISION]
    listed = slmsam(*command, "--kernels")
    kernels = [(s["kernel"], s["shape"], s["calls"] / steps) for s in listed["shapes"]]
    ours, theirs = [], []
    for _ in range(ARGS.rounds):
        b = slmsam(*command)
        ours.append((b["seconds_per_step"], b["seconds_per_step"] * b["cores_busy"]))
        theirs.append(torch_step(kernels, 2))
    report("train-256", ours, theirs)


def one_slice(side):
    ours, theirs = [], []
    for _ in range(ARGS.rounds):
        b = slmsam("bench", "--model", "tiny", "--resolution", str(side), "--memory", "M7+R1", "--slices", "2", *PRECISION)
        ours.append((b["seconds_per_slice"], sum(s["processor_seconds"] for s in b["stages"])))
        theirs.append(torch_step(slice_kernels(side), 2))
    report(f"slice-{side}", ours, theirs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("slmsam")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--only", default="train-256,slice-512,slice-1024")
    ARGS = parser.parse_args()
    DTYPE = torch.bfloat16 if ARGS.bf16 else torch.float32
    PRECISION = ["--precision", "bf16"] if ARGS.bf16 else []
    torch.set_num_threads(ARGS.threads)
    RECIPE = tempfile.NamedTemporaryFile("w", suffix=".json")
    json.dump({"base": "scratch", "max_objects": 1}, RECIPE)
    RECIPE.flush()
    print(f"PyTorch {torch.__version__}, {ARGS.threads} threads, {'bfloat16' if ARGS.bf16 else 'float32'}", flush=True)
    for what in ARGS.only.split(","):
        train_step() if what == "train-256" else one_slice(int(what.split("-")[1]))
