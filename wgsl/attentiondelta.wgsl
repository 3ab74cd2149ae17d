// attentiondelta: the term of each row that the backward pass of softmax subtracts.     (specification: backend.AttentionBackward)
//
//   delta[z,i] = sum_d dO[z,i,d] * O[z,i,d], which equals sum_j P[z,i,j] * dP[z,i,j]
//
// Buffers   o, grad (that is, dO): [rows,width] for each item z = (batch, head), see matrix.wgsl; delta [items,delta_stride], from
//           delta_base on.
// Dispatch  one thread per row of an item.
// Needs     matrix.wgsl.

struct Params {
    count: u32,       // items * rows
    rows: u32,
    delta_stride: u32,
    width: u32,
    first: u32,       // the first item of this launch
    inner: u32,       // heads: items z are pairs (z / inner, z % inner)
    delta_base: u32,
    unused: u32,      // structs begin at multiples of four words
    o: Matrix,
    grad: Matrix,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> o: array<f32>;
@group(0) @binding(2) var<storage, read> grad: array<f32>;
@group(0) @binding(3) var<storage, read_write> delta: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let item = i / params.rows;
    let row = i % params.rows;
    let at_o = start(params.o, params.first + item) + row * params.o.stride;
    let at_grad = start(params.grad, params.first + item) + row * params.grad.stride;
    var sum = 0.0;
    var other = at_grad;
    for (var at = at_o; at < at_o + params.width; at++) {   // not 0..width: see finish in matmul.wgsl
        sum = fma(o[at], grad[other], sum);
        other++;
    }
    delta[params.delta_base + item * params.delta_stride + row] = sum;
}
