// ranked: which candidate of an item ranks highest, for choose and its gradient (pasted in front of them, which bind rank).
//
// Numbers   comparisons only, as on the host: the first among equals.

// highest is the index of the highest of k ranks from first on, counted from there.
fn highest(first: u32, k: u32) -> u32 {
    var best = first;
    for (var r = first + 1u; r < first + k; r += 1u) {
        best = select(best, r, rank[r] > rank[best]);
    }
    return best - first;
}
