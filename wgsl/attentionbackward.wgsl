// attentionbackward: turns scores into probabilities, and their gradients into gradients of the scores.
//                                                         (specification: backend.AttentionBackward)
//
//   P[i,j] = exp(S[i,j] - LSE[i]);  dS[i,j] = P[i,j] * (dP[i,j] - delta[i])
//
// The launcher computes S and dP = dO V^T before, and the gradients of Q, K and V after this kernel, as matrix products; delta
// comes from attentiondelta.wgsl.
//
// Buffers   p [rows,keys] holds S and becomes P; ds [rows,keys] holds dP and becomes dS; lse and delta [rows], from lse_base and
//           delta_base on.
// Dispatch  one thread per element, in workgroups of 256.
// Origin    FlashAttention (Dao et al., arXiv 2205.14135), appendix B.2.

struct Params {
    count: u32,
    keys: u32,
    lse_base: u32,
    delta_base: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> ds: array<f32>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 256u + id.x;
    if i >= params.count {
        return;
    }
    let row = i / params.keys;
    let weight = exp(p[i] - lse[params.lse_base + row]);
    p[i] = weight;
    ds[i] = weight * (ds[i] - delta[params.delta_base + row]);
}
