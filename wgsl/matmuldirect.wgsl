// matmuldirect: the matrix product from registers alone. Each thread computes {{ROWS}} rows x 4*{{COLS}} columns of C. op(B) must
// be stored [k,n] (the launcher transposes it if necessary); A may be stored either way.
//
// Bindings  1 a, 2 b, 3 c, 4 bias, 5 residual, 6 angles; see matmul.wgsl.
// Dispatch  workgroups of {{WX}} x {{WY}} threads: x along n, y along m; z is item * pieces + piece.
// Method    per term k, a thread loads {{ROWS}} words of A and 4*{{COLS}} words of B and does their outer product. Its groups of
//           four columns are {{STEP}} words apart, and adjacent threads {{LANE}} words.
// Origin    the register-blocked variant that was fastest on Mesa's lavapipe, where the lanes of a vector are adjacent threads in
//           x: they all read the same words of A.
// Measure   go test ./wgsl -run XXX -bench MatMul

@group(0) @binding(1) var<storage, read> a: array<{{A_ELEMENT}}>;

fn load_a(at: u32) -> f32 {
    return {{LOAD_A}};
}

@compute @workgroup_size({{WX}}, {{WY}})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) lane: vec3<u32>) {
    let row = (group.y * {{WY}}u + lane.y) * {{ROWS}}u;
    let col = group.x * {{TILE_N}}u + lane.x * {{LANE}}u;
    if row >= params.m || col >= params.n {
        return;
    }
    let item = params.first + group.z / params.pieces;
    let piece = group.z % params.pieces;
    let begin = piece * params.piece_k;
    let end = min(begin + params.piece_k, params.k);

    let a_start = start(params.a, item) + row * params.a_row;
    let a$I = a_start + $Iu * params.a_row;                                   // for I<{{ROWS}}
    var b_at = start(params.b, item) + begin * params.b.stride + col;
    var c$I_$J = vec4<f32>(0.0);                                              // for I<{{ROWS}}, J<{{COLS}}
    for (var k = begin; k < end; k++) {
        let term = k * params.a_term;
        let b$J = load_b(b_at + $Ju * {{STEP}}u);                             // for J<{{COLS}}
        let x$I = vec4<f32>(load_a(a$I + term));                              // for I<{{ROWS}}
        c$I_$J = fma(x$I, b$J, c$I_$J);                                       // for I<{{ROWS}}, J<{{COLS}}
        b_at += params.b.stride;
    }
    let origin = start(params.c, item) + piece * params.m * params.n;
    finish(origin, item, row + $Iu, col + $Ju * {{STEP}}u, c$I_$J);                 // for I<{{ROWS}}, J<{{COLS}}
}
