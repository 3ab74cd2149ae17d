// Package ablate compares the memory settings of SLM-SAM 2 (arXiv 2505.01854, section 3 and Table 2) on a user's own data:
// M7 (SAM 2), R7, R1, M7+R7, and M7+R1 (SLM-SAM 2). Each is fine-tuned on five volumes, on one, and not at all, with the
// same split, seed, and budget, and scored on the same test volumes.
//
// Start with Run. The work is a list of runs, each with its own folder (run.go): fine-tune with package train, propagate
// the central slice of every object through every test volume (predict.go), and write a result file. A run with a result
// file is not repeated, and interrupted training resumes where it stopped. Package eval scores the label maps (score.go);
// table.go and figures.go write the results.
//
//	DIR/ablation.json            split and settings; later calls must match it
//	DIR/truth/CASE.nii.gz        test volumes' labels, slice by slice as the model sees them
//	DIR/5-volumes/M7+R1/train    the training run
//	DIR/5-volumes/M7+R1/predictions/CASE.nii.gz
//	DIR/5-volumes/M7+R1/result.json
//	DIR/scores/5-volumes         package eval's report
//	DIR/ablation.md, table2.csv, figure5.csv, figure5.png, figure8.csv, figure8.png
//
// RunTasks (tasks.go) does all this for several tasks and seeds and compares them in one table (tasktable.go, taskpage.go):
//
//	DIR/TASK/seed-N/...          an ablation as above
//	DIR/tasks.md, tasks.csv
//
// The figures follow the project's description of those in the paper, whose captions could not be checked: Fig. 5 shows
// the slice-wise DSC where the target is present and where it is absent (over-propagation), Fig. 8 the DSC and ASSD by
// the number of training volumes.
//
// The package imports slmsam, nn, train, eval, and volume from this project.
package ablate
