// transpose: Y[z] = transpose of X[z], for the forms of the matrix product that want B stored [k,n].
//
// Buffers   x: matrices [rows,cols]; y: matrices [cols,rows]; both as in matmul.wgsl.
// Dispatch  workgroups of 16 x 16, one tile each; z items.
// Origin    through a padded tile in workgroup memory, so that loads and stores both run along rows (Ruetsch and
//           Micikevicius, "Optimizing matrix transpose in CUDA", 2009).

struct Matrix {
    base: u32,
    stride: u32,
    outer: u32,
    inner: u32,
}

struct Params {
    rows: u32,
    cols: u32,
    inner: u32,    // items per outer step
    first: u32,    // first item
    x: Matrix,
    y: Matrix,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

var<workgroup> tile: array<f32, 272>;   // [16, 16 + 1]

fn start(x: Matrix, item: u32) -> u32 {
    return x.base + item / params.inner * x.outer + item % params.inner * x.inner;
}

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
