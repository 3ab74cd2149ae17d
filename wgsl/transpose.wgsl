// transpose: Y[z] = the transpose of X[z], for the variants of the matrix product that need B stored [k,n].
//
// Buffers   x: [rows,cols], y: [cols,rows], for each item z; see matrix.wgsl.
// Dispatch  workgroups of 16 x 16 threads, one tile each; z is the item.
// Method    a tile goes through workgroup memory, so that loads and stores both run along rows; its rows are padded by a word
//           against bank conflicts (Ruetsch and Micikevicius, "Optimizing matrix transpose in CUDA", 2009).
// Needs     matrix.wgsl.

struct Params {
    rows: u32,
    cols: u32,
    inner: u32,    // items z are pairs (z / inner, z % inner)
    first: u32,    // the first item of this launch
    x: Matrix,
    y: Matrix,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

var<workgroup> tile: array<f32, 272>;   // [16, 16 + 1]

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) lane: vec3<u32>) {
    let item = params.first + group.z;
    let row = group.y * 16u + lane.y;
    let col = group.x * 16u + lane.x;
    if row < params.rows && col < params.cols {
        tile[lane.y * 17u + lane.x] = x[start(params.x, item) + row * params.x.stride + col];
    }
    workgroupBarrier();
    let to_row = group.x * 16u + lane.y;
    let to_col = group.y * 16u + lane.x;
    if to_row < params.cols && to_col < params.rows {
        y[start(params.y, item) + to_row * params.y.stride + to_col] = tile[lane.x * 17u + lane.y];
    }
}
