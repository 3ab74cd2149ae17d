// resample: multiplies one axis by a sparse matrix.           (specification: backend.Resample)
//
//   Y[o,i,c] (+)= sum_{t<taps} Table[i,1+t] * X[o, Table[i,0]+t, c]
//
// Buffers   x [outer,in,inner], table [out,1+taps], y [outer,out,inner]. If the launcher splits a call, a piece may hold only
//           some of the rows of y and table, and only the rows from first on of x; then it adds the terms that fall on these.
//           ELEMENT is f32, or vec4<f32>, and then inner counts groups of four words.
// Dispatch  one thread per element of y.
// Numbers   terms beyond the end of the axis have weight 0 and are not read.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads
    first: u32,
    rows: u32,       // of x, or of the piece
    size_out: u32,
    inner: u32,
    taps: u32,
    accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read> table: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<{{ELEMENT}}>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let ch = i % params.inner;
    let result = i / params.inner % params.size_out;
    let outer = i / params.inner / params.size_out;
    let entry = params.base[0].y + result * (params.taps + 1u);
    let start = u32(table[entry]);
    let begin = max(start, params.first);
    let end = min(start + params.taps, params.first + params.rows);

    var at = params.base[0].x / {{WIDTH}}u + (outer * params.rows + begin - params.first) * params.inner + ch;
    var sum = {{ELEMENT}}(0.0);
    for (var row = begin; row < end; row += 1u) {
        sum += table[entry + 1u + row - start] * x[at];
        at += params.inner;
    }
    let place = params.base[0].z / {{WIDTH}}u + i;
    if params.accumulate != 0u {
        sum += y[place];
    }
    y[place] = sum;
}
