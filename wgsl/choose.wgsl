// choose: the candidate of each item that ranks highest.      (contract: backend.Choose)
//
//   Y[b,i] = X[b, k(b) - k0, i], k(b) = argmax Rank[b,..], where Gate[b] > 0; elsewhere what CLOSED says
//
// Buffers   x: candidates k0..k0+kept of items, item words apart and each long words long; rank [items,rank_item];
//           gate [items]; other [period]; y [items,long]. Without Rank or Gate something else is bound there.
// Dispatch  one thread per word of y. A piece of a split call begins at item b0 and word n0 of the candidates; where it
//           does not keep all candidates, items that chose another one are left alone.
// Text      follows ranked.wgsl.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads
    n: u32,          // words of an item in this piece
    long: u32,       // words from candidate to candidate
    item: u32,
    k: u32,          // candidates to choose from
    k0: u32,
    kept: u32,
    b0: u32,
    n0: u32,
    rank_item: u32,
    period: u32,
    gated: u32,
    invert: u32,     // items with Gate[b] > 0 are the closed ones
    closed: u32,     // what closed items get: 0 Other, 1 the candidate and Other, 2 zero
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> rank: array<f32>;
@group(0) @binding(3) var<storage, read> gate: array<f32>;
@group(0) @binding(4) var<storage, read> other: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let b = i / params.n;
    let at = i % params.n;
    let chosen = highest(params.base[0].y + (params.b0 + b) * params.rank_item, params.k);
    let passes = gate[params.base[0].z + params.b0 + b] > 0.0;
    let open = params.gated == 0u || passes != (params.invert != 0u);
    let here = chosen >= params.k0 && chosen < params.k0 + params.kept;
    if !here && (open || params.closed == 1u) {
        return;
    }
    var v = 0.0;
    if here {
        v = x[params.base[0].x + b * params.item + (chosen - params.k0) * params.long + at];
    }
    if !open {
        let instead = other[params.base[0].w + (params.n0 + at) % params.period];
        v = select(select(0.0, instead, params.closed == 0u), v + instead, params.closed == 1u);
    }
    y[params.base[1].x + b * params.long + at] = v;
}
