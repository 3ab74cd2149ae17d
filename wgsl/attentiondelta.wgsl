// attentiondelta: what the backward pass of attention subtracts in each row.      (contract: backend.AttentionBackward)
//
//   delta[z,i] = sum_d dO[z,i,d] * O[z,i,d] = sum_j P[z,i,j] * dP[z,i,j]
//
// Buffers   o, grad: matrices [rows,width] of items z, as in matmul.wgsl; delta [items, stride] from delta_base on.
// Dispatch  one thread per row of an item.

struct Matrix {
    base: u32,
    stride: u32,
    outer: u32,
    inner: u32,
}

struct Params {
    count: u32,       // items * rows
    rows: u32,
    delta_stride: u32,
    width: u32,
    first: u32,       // first item
    inner: u32,       // items per outer step
    delta_base: u32,
    unused: u32,
    o: Matrix,
    grad: Matrix,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> o: array<f32>;
@group(0) @binding(2) var<storage, read> grad: array<f32>;
@group(0) @binding(3) var<storage, read_write> delta: array<f32>;

fn start(x: Matrix, item: u32, row: u32) -> u32 {
    return x.base + item / params.inner * x.outer + item % params.inner * x.inner + row * x.stride;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let item = i / params.rows;
    let row = i % params.rows;
    let at_o = start(params.o, params.first + item, row);
    let at_grad = start(params.grad, params.first + item, row);
    var sum = 0.0;
    var other = at_grad;
    for (var at = at_o; at < at_o + params.width; at++) {   // not of 0..width: see finish in matmul.wgsl
        sum = fma(o[at], grad[other], sum);
        other++;
    }
    delta[params.delta_base + item * params.delta_stride + row] = sum;
}
