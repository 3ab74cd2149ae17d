// windows: cuts images into windows of side x side pixels, with zeros beyond the edge, and back.    (specification:
// backend.Windows)
//
//   Y[window,i,j,:] (+)= X[image,y,x,:], or 0                Y[image,y,x,:] (+)= X[window,i,j,:] with inverse
//
// Buffers   images [B,h,w,c], windows [B*rows*cols,side*side,c]: x and y or, with inverse, y and x.
//           ELEMENT is f32, or vec4<f32>, and then c counts groups of four channels.
// Dispatch  one thread per element of y. If the launcher splits a call, a piece begins at the row `first` of windows, counted over
//           all images.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads
    h: u32,
    w: u32,
    c: u32,
    side: u32,
    rows: u32,       // of windows in an image
    cols: u32,
    first: u32,
    inverse: u32,
    accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read_write> y: array<{{ELEMENT}}>;

// line returns the line of pixels at which a row of windows begins; both are counted over all images.
fn line(row: u32) -> u32 {
    return row / params.rows * params.h + row % params.rows * params.side;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let channel = i % params.c;
    let pixel = i / params.c;
    let per_row = params.cols * params.side * params.side;
    var source = 0u;
    var inside = true;
    if params.inverse == 0u {
        let row = params.first + pixel / per_row;
        let window = pixel % per_row / (params.side * params.side);
        let place = pixel % (params.side * params.side);
        let at = row % params.rows * params.side + place / params.side;
        let column = window * params.side + place % params.side;
        inside = at < params.h && column < params.w;
        source = (row / params.rows * params.h + at - line(params.first)) * params.w + column;
    } else {
        let column = pixel % params.w;
        let at = line(params.first) + pixel / params.w;
        let row = at / params.h * params.rows + at % params.h / params.side;
        let window = (row - params.first) * params.cols + column / params.side;
        source = (window * params.side + at % params.h % params.side) * params.side + column % params.side;
    }
    var v = {{ELEMENT}}(0.0);
    if inside {
        v = x[params.base[0].x / {{WIDTH}}u + source * params.c + channel];
    }
    let to = params.base[0].y / {{WIDTH}}u + i;
    if params.accumulate != 0u {
        v += y[to];
    }
    y[to] = v;
}
