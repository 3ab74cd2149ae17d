// Package eval scores label maps as the SLM-SAM 2 paper does (arXiv 2505.01854), whichever method wrote them.
//
// Start at Score for one label of one pair of maps, at Evaluate for folders of them, and at Published for the paper's own
// numbers. Label maps are those of package volume, which also decides when two maps lie on the same grid.
//
// # Conventions
//
// A is the set of voxels of one label in the prediction, B in the truth.
//
//	DSC           2|A and B| / (|A|+|B|)
//	surface S(M)  M minus its 6-connected erosion; outside the volume is background
//	ASSD          (sum over S(A) of d(s, S(B)) + sum over S(B) of d(s, S(A))) / (|S(A)|+|S(B)|)
//	HD95          95th percentile of the same distances, both directions pooled, linear interpolation
//	surface Dice  fraction of the same distances that are at most the tolerance
//	volume        voxels times voxel volume, in ml; the difference is A minus B, the relative one is divided by B
//
// Distances are exact Euclidean ones between voxel centers: in mm with the map's spacing; assd_voxels uses unit spacing.
// Other tools define HD95 as the larger of two directed percentiles, and weight surface Dice by area; their numbers differ a
// little from these.
//
// Empty masks: if both are empty, DSC and surface Dice are 1 and the other measures 0. If one is empty, DSC and surface Dice
// are 0, and ASSD and HD95 are undefined, as is the relative volume difference if the truth is empty. An undefined value is
// NaN in Go, null in JSON and an empty cell in CSV. It never enters a mean; summaries count such cases.
//
// Slice-wise DSC: along one axis, a slice is present if the truth holds the label there, otherwise absent. In an absent
// slice DSC is 1 if the prediction is empty; otherwise it is 0, and the slice counts as over-propagated. A present slice with
// an empty prediction counts as missed.
//
// Nothing is dropped silently: each case, label or method that cannot be scored is listed as an Exclusion with the reason,
// and strict mode turns exclusions into an error.
package eval
