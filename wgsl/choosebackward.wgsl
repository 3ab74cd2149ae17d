// choosebackward: the gradient of choose with respect to the candidates.      (specification: backend.ChooseBackward)
//
//   DX[b, k(b) - k0, i] += DY[b,i], k(b) = argmax Rank[b,..]      if not gated, or Gate[b] > 0
//
// Buffers   dy [items,long], rank [items,rank_item], gate [items]; dx: candidates k0..k0+kept-1 of the items, which are item words
//           apart; a candidate has long words. If there is no Rank or Gate, anything may be bound instead.
// Dispatch  one thread per word of dy; pieces as in choose.wgsl.
// Needs     ranked.wgsl.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,
    n: u32,          // this and the following as in choose.wgsl
    long: u32,
    item: u32,
    k: u32,
    k0: u32,
    kept: u32,
    b0: u32,
    rank_item: u32,
    gated: u32,      // 1: only items with Gate[b] > 0 pass a gradient on
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> rank: array<f32>;
@group(0) @binding(3) var<storage, read> gate: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let b = i / params.n;
    let at = i % params.n;
    let chosen = highest(params.base[0].y + (params.b0 + b) * params.rank_item, params.k);
    let open = params.gated == 0u || gate[params.base[0].z + params.b0 + b] > 0.0;
    if open && chosen >= params.k0 && chosen < params.k0 + params.kept {
        dx[params.base[0].w + b * params.item + (chosen - params.k0) * params.long + at] += dy[params.base[0].x + b * params.long + at];
    }
}
