// choose: copies the highest-ranked candidate of each item.      (specification: backend.Choose)
//
//   Y[b,i] = X[b, k(b) - k0, i], k(b) = argmax Rank[b,..]      if item b is open: Gate[b] > 0, or not gated
//   Y[b,i] = what params.closed says                          otherwise
//
// Buffers   x: candidates k0..k0+kept-1 of the items, which are item words apart; a candidate has long words. rank
//           [items,rank_item], gate [items], other [period], y [items,long]. If there is no Rank, Gate or Other, anything may be
//           bound instead.
// Dispatch  one thread per word of y. If the launcher splits a call, a piece begins at item b0 and at word n0 of the candidates. A
//           piece that does not hold all candidates of an item leaves y as it is if the item's choice is not among them.
// Needs     ranked.wgsl.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads
    n: u32,          // words of a candidate in this piece
    long: u32,       // words from candidate to candidate
    item: u32,       // words from item to item
    k: u32,          // candidates to choose from
    k0: u32,         // the first candidate in this piece
    kept: u32,       // the number of candidates in this piece
    b0: u32,         // the first item in this piece
    n0: u32,         // the first word of the candidates in this piece
    rank_item: u32,  // words from item to item in rank
    period: u32,
    gated: u32,
    invert: u32,     // 1: items with Gate[b] > 0 are closed, the others open
    closed: u32,     // what closed items get: 0 Other, 1 the candidate plus Other, 2 zero
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
