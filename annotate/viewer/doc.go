// Package viewer serves the web page that people annotate on, and the page's HTTP interface. The page consists of embedded
// static files (folder static); NiiVue, which displays the volumes, is bundled into one of them ahead of time (build.sh).
//
// The interface is under /api. Bodies are JSON unless stated otherwise; errors are {"detail": text}. A change carries its
// author's name and the last revision the author saw ("base"); status 409 says who changed the same thing first.
//
//	GET    project                        the volumes with their states, and a notice for people
//	POST   volumes?name=FILE              body: a volume's file; {"id"}
//	POST   series?name=NAME               body: multipart/form-data, the files of a DICOM series; {"id"}
//	GET    dataset                        the reviewed volumes as a zip file in nnU-Net's layout
//	GET    training                       the current or last training run, the available weights, and those in use
//	POST   training                       {"minutes"}: time limit, 0 to derive it from the number of volumes; 202
//	DELETE training                       stops the training run
//	POST   weights                        {"id"}: uses these weights from now on; empty: those the server was started with
//	GET    volumes/ID                     grid, window and formats of a volume
//	GET    volumes/ID/image               its voxels as NIfTI, in file order
//	GET    volumes/ID/events              everything that happens, one project.Event per line, until the connection ends;
//	                                      the first is a snapshot
//	POST   volumes/ID/edits               {"op", "author", "base", ...}, see edit; {"revision"}
//	POST   volumes/ID/undo, redo          {"author", "base"}; {"done"}
//	POST   volumes/ID/suggestion          {"slice", "plane", "box", "clicks"}, see hint; {"plane"}: the model's outline on
//	                                      that slice, 1 where the object is. Changes nothing
//	POST   volumes/ID/propagation         {"author", "direction", "first", "end"}; 202, results arrive as events
//	DELETE volumes/ID/propagation         stops the propagation
//	POST   volumes/ID/review              {"author", "base", "reviewed"}; {"revision"}
//	GET    volumes/ID/labels?format=EXT   the label map as a file
//	GET    volumes/ID/report              the montage as PNG
//
// GET /metrics returns numbers in Prometheus's text format.
//
// Where to start reading: server.go, training.go; static/main.js, static/opened.js.
package viewer
