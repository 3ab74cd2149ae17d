// matmultiled: the matrix product with tiles in workgroup memory. A thread computes {{ROWS4}}*4 rows x {{COLS4}}*4 columns of C.
//
// Bindings  1 a, 2 b, 3 c, 4 bias, 5 residual, 6 angles; see matmul.wgsl.
// Dispatch  workgroups of {{WX}} x {{WY}} threads: x along n in tiles of {{TILE_N}} columns, y along m in tiles of {{TILE_M}}
//           rows; z is item * pieces + piece.
// Method    a workgroup loops over k in steps of {{TILE_K}} terms. It loads {{TILE_M}} rows of op(A) and {{TILE_N}} columns of
//           op(B) to workgroup memory, term by term, so that a vec4 holds the same term of four adjacent rows (or columns). Then
//           each thread reads, per term, {{ROWS4}} vec4 of A and {{COLS4}} of B, and does their outer product in registers. A
//           matrix that is stored with its terms along the rows is transposed on the way in, in blocks of 4 x 4 (TRANSPOSE_A,
//           TRANSPOSE_B).
// Numbers   terms beyond the end are loaded as 0 in both tiles, whatever lies there.
// Origin    2-D register blocking (Volkov and Demmel, "Benchmarking GPUs to tune dense linear algebra", SC 2008).
// Measure   go test ./wgsl -run XXX -bench MatMul

@group(0) @binding(1) var<storage, read> a: array<{{A_ELEMENT}}>;

var<workgroup> a_tile: array<vec4<f32>, {{A_WORDS}}>;   // [{{TILE_K}}, {{TILE_M}}/4]
var<workgroup> b_tile: array<vec4<f32>, {{B_WORDS}}>;   // [{{TILE_K}}, {{TILE_N}}/4]

fn load_a(at: u32) -> vec4<f32> {
    return {{LOAD_A}};
}

// inside returns v, which begins at term k, with the terms from end on replaced by zeros.
fn inside(v: vec4<f32>, k: u32, end: u32) -> vec4<f32> {
    return select(vec4<f32>(0.0), v, vec4<u32>(k, k + 1u, k + 2u, k + 3u) < vec4<u32>(end));
}

@compute @workgroup_size({{WX}}, {{WY}})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let tx = thread % {{WX}}u;
    let ty = thread / {{WX}}u;
    let row0 = group.y * {{TILE_M}}u;
    let col0 = group.x * {{TILE_N}}u;
    let item = params.first + group.z / params.pieces;
    let piece = group.z % params.pieces;
    let begin = piece * params.piece_k;
    let end = min(begin + params.piece_k, params.k);
    let a_start = start(params.a, item);
    let b_start = start(params.b, item);

    var c$I_$R_$J = vec4<f32>(0.0);                                                  // for I<{{ROWS4}}, R<4, J<{{COLS4}}
    for (var k0 = begin; k0 < end; k0 += {{TILE_K}}u) {
        if {{TRANSPOSE_A}} {
            for (var t = thread; t < {{A_BLOCKS}}u; t += {{THREADS}}u) {
                let k = t % {{TILE_K4}}u * 4u;
                let r = t / {{TILE_K4}}u;
                let at = a_start + (row0 + r * 4u) * params.a.stride + k0 + k;
                let w$R = inside(load_a(at + $Ru * params.a.stride), k0 + k, end);           // for R<4
                a_tile[(k + $Ru) * {{TILE_M4}}u + r] = vec4<f32>(w0[$R], w1[$R], w2[$R], w3[$R]);  // for R<4
            }
        } else {
            for (var t = thread; t < {{A_WORDS}}u; t += {{THREADS}}u) {
                let k = t / {{TILE_M4}}u;
                let w = load_a(a_start + (k0 + k) * params.a.stride + row0 + t % {{TILE_M4}}u * 4u);
                a_tile[t] = select(vec4<f32>(0.0), w, k0 + k < end);
            }
        }
        if {{TRANSPOSE_B}} {
            for (var t = thread; t < {{B_BLOCKS}}u; t += {{THREADS}}u) {
                let k = t % {{TILE_K4}}u * 4u;
                let r = t / {{TILE_K4}}u;
                let at = b_start + (col0 + r * 4u) * params.b.stride + k0 + k;
                let w$R = inside(load_b(at + $Ru * params.b.stride), k0 + k, end);           // for R<4
                b_tile[(k + $Ru) * {{TILE_N4}}u + r] = vec4<f32>(w0[$R], w1[$R], w2[$R], w3[$R]);  // for R<4
            }
        } else {
            for (var t = thread; t < {{B_WORDS}}u; t += {{THREADS}}u) {
                let k = t / {{TILE_N4}}u;
                let w = load_b(b_start + (k0 + k) * params.b.stride + col0 + t % {{TILE_N4}}u * 4u);
                b_tile[t] = select(vec4<f32>(0.0), w, k0 + k < end);
            }
        }
        workgroupBarrier();
        for (var k = 0u; k < {{TILE_K}}u; k++) {
            let a$I = a_tile[k * {{TILE_M4}}u + ty + $Iu * {{WY}}u];                 // for I<{{ROWS4}}
            let b$J = b_tile[k * {{TILE_N4}}u + tx + $Ju * {{WX}}u];                 // for J<{{COLS4}}
            c$I_$R_$J = fma(vec4<f32>(a$I[$R]), b$J, c$I_$R_$J);                     // for I<{{ROWS4}}, R<4, J<{{COLS4}}
        }
        workgroupBarrier();
    }
    let origin = start(params.c, item) + piece * params.m * params.n;
    let row = row0 + ty * 4u;
    let col = col0 + tx * 4u;
    finish(origin, item, row + $Iu * {{ROW_STEP}}u + $Ru, col + $Ju * {{COL_STEP}}u, c$I_$R_$J); // for I<{{ROWS4}}, R<4, J<{{COLS4}}
}
