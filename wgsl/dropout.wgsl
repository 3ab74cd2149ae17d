// dropout: zeroes random groups of elements and scales the others.           (specification: backend.Dropout)
//
//   Y[i] (+)= keep(i) ? X[i]*scale : 0;  keep(i) = pcg(pcg(i/group) + seed) >= threshold
//
// with threshold = ceil(rate * 2^32) and scale = 1/(1-rate).
//
// Buffers   x [n], y [n].
// Dispatch  one thread per element. If the launcher splits a call, a piece begins at element first.
// Numbers   the hash is integer arithmetic, so the mask is the CPU's (backend.Hash; Jarzynski and Olano, JCGT 9(3), 2020).

struct Params {
    base: array<vec4<u32>, 2>,
    n: u32,
    first: u32,
    group: u32,
    seed: u32,
    threshold: u32,
    accumulate: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn pcg(v: u32) -> u32 {
    let state = v * 747796405u + 2891336453u;
    let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
    return (word >> 22u) ^ word;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.n {
        return;
    }
    let hash = pcg(pcg((params.first + i) / params.group) + params.seed);
    var v = 0.0;
    if hash >= params.threshold {
        v = x[params.base[0].x + i] * params.scale;
    }
    let at = params.base[0].y + i;
    if params.accumulate != 0u {
        v += y[at];
    }
    y[at] = v;
}
