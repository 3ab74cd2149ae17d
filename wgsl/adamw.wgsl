// adamw: one step of the AdamW optimizer.                 (specification: backend.AdamW)
//
//   G' = grad_scale*G;  M = beta1*M + (1-beta1)*G';  V = beta2*V + (1-beta2)*G'*G'
//   Param = Param*decay - step * M / (sqrt(V*inverse2) + eps)
//
// with decay = 1 - LR*WeightDecay, step = LR/Correction1 and inverse2 = 1/Correction2 (Loshchilov and Hutter, arXiv 1711.05101,
// algorithm 2; PyTorch does the operations in the same order).
//
// Buffers   param, g, m, v, all [n].
// Dispatch  one thread per element.

struct Params {
    base: array<vec4<u32>, 2>,
    n: u32,
    grad_scale: f32,
    beta1: f32,
    one_minus_beta1: f32,
    beta2: f32,
    one_minus_beta2: f32,
    decay: f32,
    step: f32,
    inverse2: f32,
    eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> param: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> m: array<f32>;
@group(0) @binding(4) var<storage, read_write> v: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.n {
        return;
    }
    let at = params.base[0] + i;
    let gi = params.grad_scale * g[at.y];
    let mi = params.beta1 * m[at.z] + params.one_minus_beta1 * gi;
    let vi = params.beta2 * v[at.w] + params.one_minus_beta2 * gi * gi;
    m[at.z] = mi;
    v[at.w] = vi;
    param[at.x] = param[at.x] * params.decay - params.step * mi / (sqrt(vi * params.inverse2) + params.eps);
}
