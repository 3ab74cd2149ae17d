// Package viewer is the web page that people annotate on, and the interface that it talks to. The page is static
// files (static), embedded; NiiVue, which shows the volumes, is built into one of them ahead of time (build.sh).
//
// The interface, under /api. Bodies are JSON unless said otherwise; errors are {"detail": text}. Changes carry the
// author's name and the revision that they saw ("base"); 409 says who was first.
//
//	GET    project                        volumes with their states, label map formats, what to tell people
//	POST   volumes?name=FILE              body: a volume's file; {"id"}
//	POST   series?name=NAME               body: multipart/form-data, the files of a DICOM series; {"id"}
//	GET    dataset                        the reviewed volumes as a zip file in nnU-Net's layout
//	GET    training                       the training that runs or ran last, the weights that can serve and do
//	POST   training                       {"minutes"}: at most, 0: by the number of volumes; 202
//	DELETE training                       stops it
//	POST   weights                        {"id"}: these weights serve from now on; empty: those that the server began with
//	GET    volumes/ID                     grid, window and formats of a volume
//	GET    volumes/ID/image               its voxels as NIfTI, in file order
//	GET    volumes/ID/events              what happens, one project.Event a line, as long as the connection lasts; the
//	                                      first is a snapshot
//	POST   volumes/ID/edits               {"op", "author", "base", ...}, see edit; {"revision"}
//	POST   volumes/ID/undo, redo          {"author", "base"}; {"done"}
//	POST   volumes/ID/suggestion          {"slice", "plane", "box", "clicks"}, see hint; {"plane"}: what the model makes of
//	                                      them on that slice, 1 where the object is; nothing is changed
//	POST   volumes/ID/propagation         {"author", "direction", "first", "end"}; 202, the rest comes as events
//	DELETE volumes/ID/propagation         stops it
//	POST   volumes/ID/review              {"author", "base", "reviewed"}; {"revision"}
//	GET    volumes/ID/labels?format=EXT   the label map as a file
//	GET    volumes/ID/report              the montage as PNG
//
// GET /metrics is numbers in Prometheus' text format.
//
// Where to start reading: server.go, training.go; static/main.js, static/opened.js.
package viewer
