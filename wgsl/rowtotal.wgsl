// rowtotal: sums over the LANES threads that share a row, joined in front of the kernels that reduce rows. LANES is a power of
// two, at most the workgroup size of 64. The order of the sum is fixed. With one lane, nothing is shared and compilers drop the
// barriers.

var<workgroup> row_sums: array<vec2<f32>, 64>;

// row_total returns the sum of v over the threads of a row to each of them. All threads of the workgroup must call it; lane is the
// local invocation index.
fn row_total(v: vec2<f32>, lane: u32) -> vec2<f32> {
    if {{LANES}}u == 1u {
        return v;
    }
    workgroupBarrier();
    row_sums[lane] = v;
    workgroupBarrier();
    for (var half = {{LANES}}u / 2u; half > 0u; half = half / 2u) {
        if lane % {{LANES}}u < half {
            row_sums[lane] += row_sums[lane + half];
        }
        workgroupBarrier();
    }
    return row_sums[lane - lane % {{LANES}}u];
}

// add_up returns the sum of the components of v. ONES is a vec4 with a 1 for each of them and zeros otherwise.
fn add_up(v: {{ELEMENT}}) -> f32 {
    return dot(vec4<f32>(v), {{ONES}});
}
