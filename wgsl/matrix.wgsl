// matrix: a family of matrices in one buffer, for the kernels it is joined in front of. Items z are pairs (z / inner, z % inner),
// for instance (batch, head); item z begins at word base + z/inner * outer + z%inner * x.inner, where inner is that of Params. A
// packed tensor [B,N,3*heads*D] thus holds queries, keys and values as three families with a stride of 3*heads*D.

struct Matrix {
    base: u32,     // where item (0, 0) begins; may wrap around if the items used begin later
    stride: u32,   // between rows as stored
    outer: u32,    // from (i, j) to (i + 1, j)
    inner: u32,    // from (i, j) to (i, j + 1)
}

// start returns the word at which an item of a matrix begins.
fn start(x: Matrix, item: u32) -> u32 {
    return x.base + item / params.inner * x.outer + item % params.inner * x.inner;
}
