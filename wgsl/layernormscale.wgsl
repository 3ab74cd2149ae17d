// layernormscale: first stage of the gradient of a layer norm with respect to its scale.
//                                                        (specification: backend.LayerNormBackward)
//
//   Part[s,c] = sum over the rows r = s + k*segments of DY[r,c] * xh[r,c]; sum.wgsl then sums Part over s
//
// Buffers   x, dy [rows,c]; stats [rows,4], from layernormstats.wgsl; part [segments,c].
//           ELEMENT is f32, or vec4<f32>, and then c counts groups of four channels.
// Dispatch  one thread per element of part; adjacent threads have adjacent channels.
// Numbers   about 64 rows per thread, in a fixed order without atomics: the result is the same on every run.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads: segments*c
    rows: u32,
    c: u32,
    segments: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read> dy: array<{{ELEMENT}}>;
@group(0) @binding(3) var<storage, read> stats: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> part: array<{{ELEMENT}}>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let bases = params.base[0] / {{WIDTH}}u;
    var sum = {{ELEMENT}}(0.0);
    for (var row = i / params.c; row < params.rows; row += params.segments) {
        let s = stats[params.base[0].z / 4u + row];
        let at = row * params.c + i % params.c;
        sum += dy[bases.y + at] * (x[bases.x + at] - s.x) * s.y;
    }
    part[bases.w + i] = sum;
}
